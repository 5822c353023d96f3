package io.kraken.tracer.propagation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.kraken.tracer.Carrier;
import io.kraken.tracer.Propagation;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.sampling.Sampling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class B3PropagatorTest {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String HALF = "8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";
    private static final String IDS = TRACE + '-' + SPAN;

    private final Propagation single = Carrier.propagation("b3");
    private final Propagation several = Carrier.propagation("b3multi");
    private final RemoteContext context = new RemoteContext();
    private final Carrier carrier = new Carrier();

    private RemoteContext read(String b3) {
        return single.extract(carrier.clear().add("b3", b3), Carrier.GETTER, context);
    }

    private String sent(Propagation by) {
        by.inject(context, carrier.clear(), Carrier.SETTER);
        return carrier.toString();
    }

    @ParameterizedTest
    @CsvSource({
        IDS + "-1, SAMPLED",
        IDS + "-0, DENIED",
        IDS + "-d, DEBUG",
        IDS + ", DEFERRED",
        "0, DENIED",
        "1, SAMPLED",
        "d, DEBUG"
    })
    void propagatesSingleHeader(String b3, Sampling decided) {
        assertEquals(decided, read(b3).sampling());
        assertEquals(b3.length() > 1, context.isValid());
        assertEquals("b3: " + b3 + '\n', sent(single));
    }

    @ParameterizedTest
    @CsvSource({"1, X-B3-Sampled: 1", "0, X-B3-Sampled: 0", "d, X-B3-Flags: 1", "-, ''"})
    void propagatesSeveralHeaders(String decision, String header) {
        read(decision.equals("-") ? IDS : IDS + '-' + decision);
        final String expected =
                "X-B3-TraceId: " + TRACE + "\nX-B3-SpanId: " + SPAN + '\n' + (header.isEmpty() ? "" : header + '\n');
        assertEquals(expected, sent(several));
        final Sampling before = context.sampling();
        several.extract(carrier, Carrier.GETTER, context);
        assertEquals(expected, sent(several));
        assertEquals(before, context.sampling());
    }

    @Test
    void ignoresParentId() {
        read(IDS + "-1-05e3ac9a4f6e3b90");
        assertEquals("b3: " + IDS + "-1\n", sent(single));
    }

    @Test
    void padsShortId() {
        read(HALF + '-' + SPAN + "-1");
        assertEquals("b3: " + "0".repeat(16) + HALF + '-' + SPAN + "-1\n", sent(single));
        read(HALF + '-' + SPAN + "-0-" + SPAN);
        assertEquals("b3: " + "0".repeat(16) + HALF + '-' + SPAN + "-0\n", sent(single));
        carrier.clear().add("X-B3-TraceId", HALF).add("X-B3-SpanId", SPAN);
        single.extract(carrier, Carrier.GETTER, context);
        assertEquals("b3: " + "0".repeat(16) + HALF + '-' + SPAN + '\n', sent(single));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "-",
                "2",
                "00",
                TRACE,
                IDS + "-",
                IDS + "-2",
                IDS + "-1-",
                IDS + "-1-" + TRACE,
                IDS + "-10",
                IDS + "-1-05e3ac9a4f6e3b9x",
                IDS + "_1",
                IDS + "-1_05e3ac9a4f6e3b90",
                TRACE + '_' + SPAN + "-1",
                "0" + TRACE + '-' + SPAN + "-1",
                "af7651916cd43dd8448eb211c80319c-" + SPAN + "-1",
                "0AF7651916CD43DD8448EB211C80319C-" + SPAN + "-1",
                "00000000000000000000000000000000-" + SPAN + "-1",
                "0000000000000000-" + SPAN + "-1",
                TRACE + "-0000000000000000-1",
                TRACE + "-7ad6b7169203331-1",
                "\u00e9",
                IDS + "-\u00e9"
            })
    void rejectsMalformedHeader(String b3) {
        assertFalse(read(b3).isValid());
        assertEquals(Sampling.DEFERRED, context.sampling());
        assertEquals("", sent(single) + sent(several));
    }

    @Test
    void rejectsRepeatedHeader() {
        carrier.add("b3", IDS + "-1").add("b3", IDS + "-1");
        assertFalse(single.extract(carrier, Carrier.GETTER, context).isValid());
        carrier.clear().add("X-B3-TraceId", TRACE).add("X-B3-TraceId", TRACE).add("X-B3-SpanId", SPAN);
        assertFalse(single.extract(carrier, Carrier.GETTER, context).isValid());
        carrier.clear().add("X-B3-TraceId", HALF).add("X-B3-SpanId", SPAN).add("X-B3-SpanId", SPAN);
        assertFalse(single.extract(carrier, Carrier.GETTER, context).isValid());
        carrier.clear().add("X-B3-Sampled", "0").add("X-B3-Sampled", "0");
        assertEquals(
                Sampling.DEFERRED,
                single.extract(carrier, Carrier.GETTER, context).sampling());
    }

    @Test
    void prefersSingleHeader() {
        carrier.add("X-B3-TraceId", HALF).add("X-B3-SpanId", SPAN).add("b3", IDS + "-0");
        several.extract(carrier, Carrier.GETTER, context);
        assertEquals("b3: " + IDS + "-0\n", sent(single));
    }

    @ParameterizedTest
    @CsvSource({
        "X-B3-Sampled, 0, DENIED",
        "X-B3-Sampled, false, DENIED",
        "X-B3-Sampled, 1, SAMPLED",
        "X-B3-Sampled, true, SAMPLED",
        "X-B3-Sampled, d, DEBUG",
        "X-B3-Flags, 1, DEBUG",
        "X-B3-Flags, 0, DEFERRED",
        "X-B3-Flags, 11, DEFERRED",
        "X-B3-Sampled, yes, DEFERRED",
        "X-B3-Sampled, 2, DEFERRED"
    })
    void acceptsDecisionWithoutIds(String header, String value, Sampling decided) {
        several.extract(carrier.add(header, value), Carrier.GETTER, context);
        assertFalse(context.isValid());
        assertEquals(decided, context.sampling());
    }

    @Test
    void debugTakesPrecedenceOverSampled() {
        carrier.add("X-B3-TraceId", TRACE)
                .add("X-B3-SpanId", SPAN)
                .add("X-B3-Sampled", "0")
                .add("X-B3-Flags", "1");
        assertEquals(
                Sampling.DEBUG,
                several.extract(carrier, Carrier.GETTER, context).sampling());
        assertEquals("kraken=d", context.traceState());
    }

    @ParameterizedTest
    @CsvSource({
        TRACE + ", ''",
        "'', " + SPAN,
        "x" + TRACE + ", " + SPAN,
        TRACE + ", x",
        TRACE + ", " + SPAN + "00",
        TRACE + ", " + TRACE,
        "00000000000000000000000000000000, " + SPAN,
        TRACE + ", 0000000000000000"
    })
    void rejectsIncompleteContext(String traceId, String spanId) {
        carrier.add("X-B3-TraceId", traceId).add("X-B3-SpanId", spanId).add("X-B3-Sampled", "1");
        assertFalse(several.extract(carrier, Carrier.GETTER, context).isValid());
        assertEquals(Sampling.DEFERRED, context.sampling());
        carrier.clear().add("X-B3-TraceId", TRACE);
        assertFalse(several.extract(carrier, Carrier.GETTER, context).isValid());
    }

    @Test
    void deferredDecisionIsNotWritten() {
        read(IDS);
        Carrier.propagation("tracecontext").inject(context, carrier.clear(), Carrier.SETTER);
        assertEquals("traceparent: 00-" + IDS + "-00\n", carrier.toString());
    }
}
