package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the exported texts of stack traces that the exporter writes into records. */
class StackTracesTest {

    private static final Key.StringKey NOTE = Key.ofString("note");

    private static Span arrived(TracerConfig config, Consumer<io.kraken.tracer.Span> work) {
        final Harness<DecodingSink> rig = Harness.driven(config, DecodingSink::new);
        final io.kraken.tracer.Span span = rig.tracer.start(Harness.WORK);
        work.accept(span);
        span.end();
        final Ledger end = rig.close();
        rig.sink.assertSound();
        assertEquals(1, end.shipped(), end::toString);
        return rig.sink.spans.get(0);
    }

    private static Span arrived(Consumer<io.kraken.tracer.Span> work) {
        return arrived(Harness.config(), work);
    }

    private static String value(Span.Event event, String key) {
        String found = "";
        for (KeyValue attribute : event.getAttributesList()) {
            if (attribute.getKey().equals(key)) {
                assertEquals("", found, "once only");
                found = attribute.getValue().getStringValue();
            }
        }
        return found;
    }

    private static String trace(Span.Event event) {
        return value(event, ExpectedSpan.STACK_TRACE);
    }

    private static String printed(Throwable thrown) {
        final StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text)); // allow:console it prints into a string
        return text.toString();
    }

    private static Exception shallow(String message) {
        final Exception thrown = new Exception(message);
        thrown.setStackTrace(new StackTraceElement[] {new StackTraceElement("a.B", "c", "B.java", 7)});
        return thrown;
    }

    @Test
    void matchesTheJdksOutput() {
        final Exception thrown = new IllegalStateException("why");
        final Span span =
                arrived(Harness.config().with(ExportSettings.STACK_TRACE_BYTES, 32_768), it -> it.exception(thrown));
        assertEquals(printed(thrown).replace("\r\n", "\n"), trace(span.getEvents(0)));
    }

    @Test
    void includesCausesAndEndsCycles() {
        final Exception cause = shallow("cause");
        final Exception thrown = shallow("effect");
        thrown.initCause(cause);
        cause.initCause(thrown);
        assertEquals(
                "java.lang.Exception: effect\n\tat a.B.c(B.java:7)\n"
                        + "Caused by: java.lang.Exception: cause\n\tat a.B.c(B.java:7)\n",
                trace(arrived(it -> it.exception(thrown)).getEvents(0)));
    }

    @Test
    void insertsEachIntoItsEventAndKeepsOtherEntries() {
        final Span span = arrived(it -> {
            it.set("first", 1).event("before").set(NOTE, "b");
            it.exception(shallow("one")).set(NOTE, "1");
            it.set("second", 2);
            it.exception(shallow("two"));
            it.event("between").set(NOTE, "c");
            it.exception(shallow("three")).set(NOTE, "3");
            it.set("third", 3).error("failed");
        });
        assertEquals(5, span.getEventsCount());
        assertEquals(3, span.getAttributesCount());
        assertEquals("failed", span.getStatus().getMessage());
        final String[] names = {"before", "exception", "exception", "between", "exception"};
        final String[] notes = {"b", "1", "", "c", "3"};
        final String[] messages = {"", "one", "two", "", "three"};
        for (int i = 0; i < names.length; i++) {
            final Span.Event event = span.getEvents(i);
            assertEquals(names[i], event.getName());
            assertEquals(notes[i], value(event, "note"));
            assertEquals(messages[i], value(event, "exception.message"));
            assertEquals(
                    messages[i].isEmpty() ? "" : "java.lang.Exception: " + messages[i] + "\n\tat a.B.c(B.java:7)\n",
                    trace(event));
        }
    }

    @Test
    void attributeSetByProgramTakesPrecedence() {
        final Span span = arrived(it -> it.exception(shallow("one")).set(Key.ofString("exception.stacktrace"), "mine"));
        assertEquals("mine", trace(span.getEvents(0)));
    }

    @Test
    void excessExceptionsAreEventsWithoutStackTraces() {
        final Span span = arrived(it -> {
            for (int i = 0; i < 12; i++) {
                it.exception(shallow("number " + i));
            }
        });
        assertEquals(12, span.getEventsCount());
        for (int i = 0; i < 12; i++) {
            assertEquals("number " + i, value(span.getEvents(i), "exception.message"));
            assertEquals(i < 8, trace(span.getEvents(i)).contains("number " + i));
        }
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {0, 1, 2, 3, 30, 31, 32, 33, 34, 100})
    void cutsAtTheLimitBetweenCharacters(int limit) {
        final Exception thrown = shallow("größe \uD83D\uDC19\uD83D\uDC19\uD83D\uDC19");
        final Span span =
                arrived(Harness.config().with(ExportSettings.STACK_TRACE_BYTES, limit), it -> it.exception(thrown));
        final String text = "java.lang.Exception: größe \uD83D\uDC19\uD83D\uDC19\uD83D\uDC19\n\tat a.B.c(B.java:7)\n";
        final String found = trace(span.getEvents(0));
        assertTrue(text.startsWith(found), found);
        assertTrue(RandomText.bytes(found) <= limit, found);
        assertTrue(RandomText.bytes(found) > Math.min(limit, RandomText.bytes(text)) - 4, found);
        assertTrue(limit > 0 || span.getEvents(0).getAttributesCount() == 2, "the attribute must be absent, not empty");
    }

    @Test
    void limitOfAttributeValuesApplies() {
        final Span span = arrived(
                Harness.config().with(TracerConfig.MAX_VALUE_LENGTH, 12), it -> it.exception(shallow("something")));
        assertEquals("java.lang.Ex", trace(span.getEvents(0)));
    }

    @Test
    void releasesExceptionsOnceTheirSpanIsShipped() {
        final Harness<DiscardSink> rig = Harness.driven(Harness.config(), DiscardSink::new);
        final java.lang.ref.WeakReference<Throwable> reference = throwAndForget(rig.tracer);
        Harness.await("the exception to be collected", () -> {
            rig.sweep();
            System.gc();
            return reference.get() == null;
        });
        assertEquals(1, rig.close().shipped());
    }

    private static java.lang.ref.WeakReference<Throwable> throwAndForget(Tracer tracer) {
        final Throwable thrown = new Throwable("soon forgotten");
        final io.kraken.tracer.Span span = tracer.start(Harness.WORK);
        span.exception(thrown);
        span.end();
        return new java.lang.ref.WeakReference<>(thrown);
    }
}
