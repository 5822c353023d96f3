package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Exceptions whose class overrides the methods that a tracer calls. */
class ForeignExceptionTest {

    private static final SpanName NAME = SpanName.of("span");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @Test
    void recordingRunsNoCodeOfTheException() {
        final AtomicInteger calls = new AtomicInteger();
        try (Span span = traced.tracer().start(NAME)) {
            span.exception(new RuntimeException());
            span.exception(new HostileException(calls));
        }
        final String event = "  * exception {exception.type=\"";
        assertEquals(
                "span INTERNAL\n"
                        + event + "java.lang.RuntimeException\"} thrown RuntimeException\n"
                        + event + HostileException.class.getName() + "\"} thrown HostileException\n",
                traced.picture());
        assertEquals(Map.of(), traced.problems());
        assertEquals(0, calls.get());
    }

    private static final class HostileException extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient AtomicInteger calls;

        HostileException(AtomicInteger calls) {
            this.calls = calls;
        }

        private <T> T ask() {
            calls.incrementAndGet();
            throw new IllegalStateException("no answer");
        }

        @Override
        public String getMessage() {
            return ask();
        }

        @Override
        public String getLocalizedMessage() {
            return ask();
        }

        @Override
        public synchronized Throwable getCause() {
            return ask();
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            return ask();
        }

        @Override
        public String toString() {
            return ask();
        }
    }
}
