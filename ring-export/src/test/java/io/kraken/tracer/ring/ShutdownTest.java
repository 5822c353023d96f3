package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the export of spans recorded by the program's own hooks while the JVM shuts down. */
class ShutdownTest {

    /** Exit code of a process ended by a signal. */
    private static final int TERMINATED = 128 + 15;

    static List<Arguments> ends() {
        final List<Arguments> all = new ArrayList<>();
        for (Jdks.Jdk jdk : Jdks.found()) {
            all.add(Arguments.of(jdk, ShutdownMain.EXIT, 1));
            all.add(Arguments.of(jdk, ShutdownMain.RETURN, 1));
            all.add(Arguments.of(jdk, ShutdownMain.TERM, 3));
        }
        return all;
    }

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    /** The shutdown does not take the whole grace period, which is longer than the test waits. */
    @ParameterizedTest
    @MethodSource("ends")
    void exportsAllSpansOfDrainingHooks(Jdks.Jdk jdk, String end, int tracers)
            throws IOException, InterruptedException {
        assertEquals(ShutdownMain.HOOKS * ShutdownMain.SPANS, spansOf(jdk, "1h", end, tracers));
    }

    /** Without the grace period the shutdown would never end. */
    @ParameterizedTest
    @MethodSource("jdks")
    void closesAfterGracePeriodWhenHookWaitsForClose(Jdks.Jdk jdk) throws IOException, InterruptedException {
        assertTrue(spansOf(jdk, "200ms", ShutdownMain.STUCK, 1) <= ShutdownMain.HOOKS * ShutdownMain.SPANS);
    }

    private static int spansOf(Jdks.Jdk jdk, String grace, String end, int tracers)
            throws IOException, InterruptedException {
        try (OtlpBackend backend = new OtlpBackend()) {
            final Forked run = Forked.run(
                    jdk,
                    ShutdownMain.class,
                    List.of(
                            "-Xmx128m",
                            "-XX:TieredStopAtLevel=1",
                            "-Dkraken.tracer.records=4096",
                            "-Dkraken.tracer.shutdown.grace=" + grace),
                    Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", backend.address()),
                    end,
                    Integer.toString(tracers));
            assertEquals("", run.err());
            assertEquals(end.equals(ShutdownMain.TERM) ? TERMINATED : 0, run.exit());
            return backend.spans();
        }
    }
}
