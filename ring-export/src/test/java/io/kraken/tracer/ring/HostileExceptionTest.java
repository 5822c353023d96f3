package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests of exceptions whose own code blocks, fails or never ends: no other span is affected. */
class HostileExceptionTest {

    private static final int SPANS = 20_000;

    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void releaseBlocked() {
        release.countDown();
    }

    /** An exception with one method that behaves as the test says. */
    private static final class Hostile extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String method;
        private final transient Supplier<?> behaviour;

        Hostile(String method, Supplier<?> behaviour) {
            super("said");
            this.method = method;
            this.behaviour = behaviour;
        }

        @SuppressWarnings("unchecked")
        private <T> T or(String called, T otherwise) {
            return called.equals(method) ? (T) behaviour.get() : otherwise;
        }

        @Override
        public String getMessage() {
            return or("getMessage", super.getMessage());
        }

        @Override
        public String toString() {
            return or("toString", super.toString());
        }

        @Override
        public Throwable getCause() {
            return or("getCause", null);
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            return or("getStackTrace", new StackTraceElement[] {new StackTraceElement("a.B", "c", "B.java", 7)});
        }
    }

    enum Method {
        GET_MESSAGE("getMessage"),
        TO_STRING("toString"),
        GET_CAUSE("getCause"),
        GET_STACK_TRACE("getStackTrace");

        private final String text;

        Method(String text) {
            this.text = text;
        }
    }

    /** Ignores interrupts. */
    private <T> T block() {
        while (true) {
            try {
                release.await();
                return null;
            } catch (InterruptedException e) {
                assertTrue(release.getCount() >= 0, e::toString);
            }
        }
    }

    private static TracerConfig config(int limitMillis) {
        return Harness.config().with(ExportSettings.STACK_TRACE_MILLIS, limitMillis);
    }

    private static Span withException(DecodingSink sink) {
        return sink.spans.stream()
                .filter(span -> span.getEventsCount() > 0)
                .findFirst()
                .orElseThrow();
    }

    private static String value(Span span, String key) {
        return span.getEvents(0).getAttributesList().stream()
                .filter(attribute -> attribute.getKey().equals(key))
                .map(KeyValue::getValue)
                .map(value -> value.getStringValue())
                .findFirst()
                .orElse("");
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void exportsAllSpansNextToBlockingException(Method method) {
        final Harness<DecodingSink> rig = Harness.threaded(config(400), DecodingSink::new);
        final io.kraken.tracer.Span hostile = rig.tracer.start(Harness.WORK);
        hostile.exception(new Hostile(method.text, this::block));
        hostile.end();
        for (int i = 0; i < SPANS; i += 1000) {
            rig.spans(1000);
            final int before = i;
            Harness.await("other spans to arrive", () -> rig.count(Counter.SHIPPED) >= before + 1000);
        }
        final Ledger end = rig.close();
        assertEquals(SPANS + 1, end.shipped(), end::toString);
        assertEquals(1, rig.count(Counter.UNREAD_EXCEPTIONS));
        assertEquals(Hostile.class.getName(), value(withException(rig.sink), "exception.type"));
    }

    @Test
    void readsOthersNextToTwoThatBlockForEver() {
        final Harness<DecodingSink> rig = Harness.threaded(config(2000), DecodingSink::new);
        for (int i = 0; i < 2; i++) {
            final io.kraken.tracer.Span hostile = rig.tracer.start(Harness.WORK);
            hostile.exception(new Hostile("toString", this::block));
            hostile.end();
            final int unread = i + 1;
            Harness.await("the exception to be given up", () -> rig.count(Counter.UNREAD_EXCEPTIONS) == unread);
        }
        final io.kraken.tracer.Span last = rig.tracer.start(Harness.WORK);
        last.exception(new IllegalStateException("fine"));
        last.end();
        assertEquals(3, rig.close().shipped());
        final Span read = rig.sink.spans.get(2);
        assertEquals("fine", value(read, "exception.message"));
        assertTrue(value(read, "exception.stacktrace").startsWith("java.lang.IllegalStateException: fine\n\tat "));
        assertEquals(2, rig.count(Counter.UNREAD_EXCEPTIONS));
    }

    @Test
    void omitsStackTracesWhileAllReadersAreStuck() {
        final Harness<DecodingSink> rig = Harness.threaded(config(400), DecodingSink::new);
        for (int i = 0; i < 6; i++) {
            final io.kraken.tracer.Span hostile = rig.tracer.start(Harness.WORK);
            hostile.exception(new Hostile("getMessage", this::block));
            hostile.end();
            final int unread = i + 1;
            Harness.await("the exception to be given up", () -> rig.count(Counter.UNREAD_EXCEPTIONS) == unread);
        }
        Harness.await("exactly three readers to be stuck", () -> stuckReaders() == 3);
        release.countDown();
        Harness.await("an exception to be read again", () -> {
            final long unread = rig.count(Counter.UNREAD_EXCEPTIONS);
            final long shipped = rig.count(Counter.SHIPPED);
            final io.kraken.tracer.Span span = rig.tracer.start(Harness.WORK);
            span.exception(new IllegalStateException("fine"));
            span.end();
            Harness.await("it to arrive", () -> rig.count(Counter.SHIPPED) > shipped);
            return rig.count(Counter.UNREAD_EXCEPTIONS) == unread;
        });
        rig.close();
    }

    private static long stuckReaders() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().startsWith("kraken-tracer-exceptions-"))
                .filter(thread -> Arrays.stream(thread.getValue())
                        .anyMatch(frame -> frame.getClassName().equals(Hostile.class.getName())))
                .count();
    }

    @Test
    void heldLockOfExceptionDelaysNoOtherSpan() {
        final Harness<DecodingSink> rig = Harness.threaded(config(400), DecodingSink::new);
        final Exception locked = new IllegalStateException("locked");
        synchronized (locked) {
            final io.kraken.tracer.Span span = rig.tracer.start(Harness.WORK);
            span.exception(locked);
            span.end();
            rig.spans(100);
            Harness.await("all to arrive", () -> rig.count(Counter.SHIPPED) == 101);
        }
        rig.close();
        assertEquals("locked", value(withException(rig.sink), "exception.message"));
    }

    private static Span arrived(Throwable thrown) {
        final Harness<DecodingSink> rig = Harness.driven(Harness.config(), DecodingSink::new);
        final io.kraken.tracer.Span span = rig.tracer.start(Harness.WORK);
        span.exception(thrown);
        span.end();
        final Ledger end = rig.close();
        rig.sink.assertSound();
        assertEquals(1, end.shipped(), end::toString);
        assertEquals(0, rig.count(Counter.UNREAD_EXCEPTIONS));
        assertEquals(0, rig.count(Counter.INTERNAL_ERRORS));
        return rig.sink.spans.get(0);
    }

    private static Throwable endless() {
        return new Hostile("getCause", HostileExceptionTest::endless);
    }

    @Test
    void cutsEndlessChainOfCauses() {
        final String trace = value(arrived(endless()), "exception.stacktrace");
        assertEquals(16, trace.split("Hostile: said", -1).length - 1, trace);
    }

    @Test
    void cutsMillionFramesAtTheLimit() {
        final Exception deep = new Exception("deep");
        final StackTraceElement[] frames = new StackTraceElement[1_000_000];
        Arrays.fill(frames, new StackTraceElement("a.B", "c", "B.java", 7));
        deep.setStackTrace(frames);
        assertEquals(8192, value(arrived(deep), "exception.stacktrace").length());
    }

    @Test
    void cutsHugeTextsAtTheirLimits() {
        final String gigantic = "x".repeat(50_000_000);
        final Span span = arrived(new Hostile("getMessage", () -> gigantic));
        assertEquals(gigantic.substring(0, 4096), value(span, "exception.message"));
        assertEquals(8192, value(span, "exception.stacktrace").length());
        assertEquals(
                8192,
                value(arrived(new Hostile("toString", () -> gigantic)), "exception.stacktrace")
                        .length());
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void recordsNameOfExceptionThatThrows(Method method) {
        for (Throwable thrown : List.of(new IllegalStateException("no"), new StackOverflowError(), hostileItself())) {
            final Span span = arrived(new Hostile(method.text, () -> sneaky(thrown)));
            assertEquals(Hostile.class.getName(), value(span, "exception.type"));
            assertEquals(method == Method.GET_MESSAGE ? "" : "said", value(span, "exception.message"));
            assertTrue(
                    value(span, "exception.stacktrace")
                            .endsWith("(stack trace not available: "
                                    + thrown.getClass().getName() + ")\n"),
                    span::toString);
        }
    }

    private static Throwable hostileItself() {
        return new Hostile("toString", () -> sneaky(new IllegalStateException("again")));
    }

    @SuppressWarnings("unchecked")
    private static <R, T extends Throwable> R sneaky(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void survivesEndlessRecursion() {
        assertEquals(
                "(stack trace not available: java.lang.StackOverflowError)\n",
                value(arrived(new Hostile("toString", HostileExceptionTest::recurse)), "exception.stacktrace"));
    }

    private static String recurse() {
        return recurse() + 1;
    }

    @Test
    void exportsMessageComputedByTheClass() {
        final Span span = arrived(new Hostile("getMessage", () -> "worked out"));
        assertEquals("worked out", value(span, "exception.message"));
        assertTrue(
                value(span, "exception.stacktrace").startsWith(Hostile.class.getName() + ": worked out\n\tat a.B.c"));
    }

    @Test
    void closeDoesNotWaitBeyondItsDeadline() {
        final Harness<DecodingSink> rig = Harness.threaded(Harness.config(), DecodingSink::new);
        final io.kraken.tracer.Span hostile = rig.tracer.start(Harness.WORK);
        hostile.exception(new Hostile("toString", this::block));
        hostile.end();
        rig.spans(10);
        final Ledger end = Harness.assertCloses(rig.tracer.close(Duration.ofMillis(300)));
        assertEquals(10, end.shipped(), end::toString);
        assertEquals(1, end.buffered(), end::toString);
    }
}
