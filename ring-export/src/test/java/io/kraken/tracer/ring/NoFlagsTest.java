package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that a service with nothing but the class path exports, on every JDK found, without warnings. */
class NoFlagsTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    static List<Jdks.Jdk> withForeignFunctions() {
        return Jdks.found().stream().filter(jdk -> jdk.feature() >= 22).toList();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void exportsWithoutAnyFlag(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final Forked run = exportFrom(jdk, List.of());
        run.assertSays("clock: System.nanoTime (");
        if (jdk.feature() < 22) {
            run.assertSays("Java 22 or later");
        } else if (countersAreSafeHere()) {
            run.assertSays("--enable-native-access=ALL-UNNAMED allows the time stamp counter");
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("withForeignFunctions")
    void nativeAccessEnablesTimeStampCounterWithCorrectTimes(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final Forked run = exportFrom(jdk, List.of("--enable-native-access=ALL-UNNAMED"));
        run.assertSays(countersAreSafeHere() ? "clock: time stamp counter" : "clock: System.nanoTime (");
    }

    private static boolean countersAreSafeHere() throws IOException {
        final Path source = Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
        final Path cpu = Path.of("/proc/cpuinfo");
        return Files.isReadable(source)
                && Files.readString(source).strip().equals("tsc")
                && Files.readString(cpu).contains(" nonstop_tsc")
                && Files.readString(cpu).contains(" constant_tsc")
                && System.getProperty("os.arch").equals("amd64");
    }

    private static Forked exportFrom(Jdks.Jdk jdk, List<String> flags) throws IOException, InterruptedException {
        try (OtlpBackend backend = new OtlpBackend()) {
            final Forked run = Forked.run(
                    jdk,
                    NoFlagsMain.class,
                    flags,
                    Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", backend.address(), "OTEL_SERVICE_NAME", "flagless"));
            run.assertQuiet().assertSays("tracer: flagless");
            assertEquals(List.of(), backend.problems);
            assertEquals(2, backend.spans(), run::out);
            final Map<String, Span> spans = new HashMap<>();
            backend.received.forEach(received -> received.request()
                    .getResourceSpans(0)
                    .getScopeSpans(0)
                    .getSpansList()
                    .forEach(span -> spans.put(span.getName(), span)));
            assertTimesAreRight(spans.get("parent"), spans.get("child"));
            return run;
        }
    }

    private static void assertTimesAreRight(Span parent, Span child) {
        assertEquals(parent.getSpanId(), child.getParentSpanId());
        assertEquals(parent.getTraceId(), child.getTraceId());
        final long wallClockNs =
                TimeUnit.MILLISECONDS.toNanos(parent.getAttributes(0).getValue().getIntValue());
        final String both = parent + "\n" + child;
        assertTrue(Math.abs(parent.getStartTimeUnixNano() - wallClockNs) < SECOND, both);
        assertTrue(parent.getStartTimeUnixNano() <= child.getStartTimeUnixNano(), both);
        assertTrue(child.getEndTimeUnixNano() <= parent.getEndTimeUnixNano(), both);
        assertDuration(parent, NoFlagsMain.PARENT_NS);
        assertDuration(child, NoFlagsMain.CHILD_NS);
    }

    /** At least the time that certainly passed, by a clock that may differ by a thousandth, and not absurdly more. */
    private static void assertDuration(Span span, long leastNs) {
        final long duration = span.getEndTimeUnixNano() - span.getStartTimeUnixNano();
        assertTrue(duration >= leastNs - leastNs / 1000 && duration < 30 * SECOND, () -> "took " + duration);
    }
}
