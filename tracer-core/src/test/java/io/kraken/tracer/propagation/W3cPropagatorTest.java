package io.kraken.tracer.propagation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Carrier;
import io.kraken.tracer.Propagation;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.sampling.Sampling;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** W3C Trace Context, Level 2. {@code ContextTest} tests which single {@code traceparent} is valid. */
class W3cPropagatorTest {

    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final String OTHER = "00-00000000000000000000000000000001-0000000000000002-01";

    private final Propagation w3c = Carrier.propagation("tracecontext");
    private final RemoteContext context = new RemoteContext();
    private final Carrier carrier = new Carrier();

    private String stateOf(String... values) {
        carrier.clear().add("traceparent", PARENT);
        for (String value : values) {
            carrier.add("tracestate", value);
        }
        return w3c.extract(carrier, Carrier.GETTER, context).traceState();
    }

    private static String members(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(i -> "k" + i + '=' + i).collect(Collectors.joining(","));
    }

    private String sent(TraceContext from) {
        w3c.inject(from, carrier.clear(), Carrier.SETTER);
        return carrier.toString();
    }

    @Test
    void propagatesHeaders() {
        stateOf("a=1,b=2");
        assertTrue(context.isValid() && context.isSampled());
        assertEquals("traceparent: " + PARENT + "\ntracestate: a=1,b=2\n", sent(context));
    }

    @Test
    void emptyHeadersGiveNoContext() {
        w3c.extract(carrier.add("tracestate", "a=1").add("trace-parent", PARENT), Carrier.GETTER, context);
        assertFalse(context.isValid());
        assertEquals(Sampling.DEFERRED, context.sampling());
        assertEquals("", context.traceState(), "trace state without a trace");
        assertEquals("", sent(context));
        assertEquals("", sent(Span.NOOP));
        assertEquals("", sent(null));
    }

    @Test
    void repeatedTraceparentBeginsANewTrace() {
        for (String second : new String[] {PARENT, OTHER, "", "rubbish"}) {
            carrier.clear()
                    .add("traceparent", PARENT)
                    .add("traceparent", second)
                    .add("tracestate", "a=1");
            assertFalse(w3c.extract(carrier, Carrier.GETTER, context).isValid(), second);
            assertEquals("", context.traceState());
        }
        carrier.clear().add("traceparent", PARENT + ',' + OTHER);
        assertFalse(w3c.extract(carrier, Carrier.GETTER, context).isValid());
        carrier.clear().add("traceparent", "cc" + PARENT.substring(2)).add("traceparent", PARENT);
        assertFalse(w3c.extract(carrier, Carrier.GETTER, context).isValid(), "nor with a later version");
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "\t", " \t \t"})
    void trimsTraceparent(String blanks) {
        carrier.add("traceparent", blanks + PARENT + blanks);
        assertEquals(PARENT, w3c.extract(carrier, Carrier.GETTER, context).toString());
        assertEquals(PARENT, context.clear().parse(blanks + PARENT + blanks).toString());
    }

    @Test
    void malformedTraceparentDropsTheTraceState() {
        stateOf("a=1");
        carrier.clear()
                .add("traceparent", "00-" + "0".repeat(32) + "-b7ad6b7169203331-01")
                .add("tracestate", "a=1");
        assertFalse(w3c.extract(carrier, Carrier.GETTER, context).isValid());
        assertEquals("", context.traceState());
        assertEquals("", sent(context));
    }

    @ParameterizedTest
    @CsvSource({"00, 00", "01, 01", "02, 02", "03, 03", "04, 00", "fd, 01", "ff, 03", "80, 00"})
    void propagatesKnownFlagsOnly(String in, String out) {
        final String ids = PARENT.substring(0, 53);
        w3c.extract(carrier.add("traceparent", ids + in), Carrier.GETTER, context);
        assertEquals("traceparent: " + ids + out + '\n', sent(context));
    }

    @Test
    void joinsTraceStateHeadersInOrder() {
        assertEquals("a=1,b=2,c=3", stateOf("a=1,b=2", "c=3"));
        assertEquals("a=1,b=2,c=3", stateOf("", "a=1", "", "b=2,c=3", " "));
    }

    @Test
    void dropsEmptyMembersAndBlanks() {
        assertEquals("a=1,b=2,c=3", stateOf(" a=1 \t , \t b=2,\t \tc=3\t,,"));
        assertEquals("a= 1 2", stateOf("\ta= 1 2 ,"));
        assertEquals("", stateOf(" , ,\t,"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=1",
                "0=1",
                "9z_-*/@=1",
                "a@b@c=1",
                "t@v=1",
                "a=!\"#$%&'()*+-./09:;<>?@AZ[\\]^_`az{|}~",
                "a=1;b",
                "a=1,a=1",
                "a=1,a=2,a=3"
            })
    void acceptsTheGrammarOfLevelTwo(String state) {
        assertEquals(state, stateOf(state));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A=1",
                "_a=1",
                "-a=1",
                "@a=1",
                "*=1",
                "a.b=1",
                "a b=1",
                "a =1",
                "=1",
                "a",
                "a=",
                "a= ",
                "a==1",
                "a=1=2",
                "a=\u00e9",
                "\u00e9=1",
                "a=1\u007f",
                "a=1\u0001",
                "a=\t1\t2",
                "a=\u20ac"
            })
    void malformedStateIsDroppedAndTheTraceKept(String bad) {
        for (String state : new String[] {bad, "x=1," + bad, bad + ",y=2", "x=1,\t" + bad + " ,y=2"}) {
            assertEquals("", stateOf(state), state);
            assertEquals("traceparent: " + PARENT + '\n', sent(context));
        }
        assertEquals("", stateOf("x=1", bad));
    }

    @Test
    void limitsLengthsOfKeysAndValues() {
        final String longest = "k".repeat(256);
        assertEquals(longest + "=1", stateOf(longest + "=1"));
        assertEquals("a=" + longest, stateOf("a=" + longest));
        assertEquals("", stateOf(longest + "k=1"));
        assertEquals("", stateOf("a=" + longest + "k"));
    }

    @Test
    void thereAreAtMost32Members() {
        assertEquals(members(1, 32), stateOf(members(1, 20), members(21, 32)));
        assertEquals("", stateOf(members(1, 33)));
        assertEquals("", stateOf(members(1, 32), "k33=33"));
        assertEquals(members(1, 32), stateOf(",".repeat(50) + members(1, 32)), "empty ones don't count");
        assertEquals("", stateOf(members(1, 1_000)));
        assertTrue(context.isValid());
    }

    @Test
    void rejectsTenThousandMembers() {
        carrier.clear().add("traceparent", PARENT);
        final byte[] many = "a=1,".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
        carrier.add("tracestate", many);
        assertEquals("", w3c.extract(carrier, Carrier.GETTER, context).traceState());
        carrier.clear().add("traceparent", PARENT).add("tracestate", "a=1" + ",".repeat(50_000));
        assertEquals("", w3c.extract(carrier, Carrier.GETTER, context).traceState(), "a truncated header is dropped");
        assertTrue(context.isValid());
    }

    @Test
    void dropsLargeMembersFirstAndThenTheLast() {
        final String large = "l=" + "x".repeat(130);
        final String small = "s=" + "y".repeat(98); // 100 bytes
        assertEquals(
                512, stateOf("a=" + "v".repeat(254), "b=" + "v".repeat(253)).length());
        assertEquals(
                String.join(",", small, small, small, "z=1"),
                stateOf(large, small, large, small, large, small, large, "z=1").replace(large + ',', ""));
        assertEquals(
                String.join(",", small, small, small, small, small),
                stateOf(small, large, small, large, small, small, small));
        assertEquals(
                String.join(",", small, small, small, small, small),
                stateOf(small, small, small, small, small, small, "z=1"),
                "nothing overtakes what was left out");
        assertEquals(
                "z=1",
                stateOf("z=1", "l=" + "x".repeat(256), "m=" + "x".repeat(256)).substring(0, 3));
        assertTrue(stateOf(large, large, large, large, large).length() <= 512);
    }

    @Test
    void changedMemberMovesToTheFront() {
        stateOf("a=1,kraken=f,b=2");
        assertEquals("a=1,kraken=f,b=2", context.traceState(), "untouched");
        context.debug();
        assertEquals("kraken=df,a=1,b=2", context.traceState());
        context.debug();
        assertEquals("kraken=df,a=1,b=2", context.traceState());
        stateOf("kraken=new,a=1");
        assertEquals("kraken=d,a=1", context.debug().traceState());
        stateOf("a=1,kraken=x");
        assertEquals("kraken=d,a=1", context.debug().traceState());
        assertEquals("kraken=d", context.clear().parse(PARENT).debug().traceState());
    }

    @Test
    void ownMemberDisplacesTheLastOnes() {
        stateOf(members(1, 32));
        assertEquals("kraken=d," + members(1, 31), context.debug().traceState());
        stateOf("a=" + "v".repeat(254), "b=" + "v".repeat(253));
        assertEquals("kraken=d,a=" + "v".repeat(254), context.debug().traceState());
        stateOf(members(1, 31) + ",kraken=f");
        assertEquals("kraken=df," + members(1, 31), context.debug().traceState());
    }

    @Test
    void ownMemberMarksADebugTrace() {
        stateOf("a=1");
        assertEquals(Sampling.SAMPLED, context.sampling());
        stateOf("a=1,kraken=d");
        assertEquals(Sampling.DEBUG, context.sampling());
        carrier.clear().add("traceparent", PARENT.substring(0, 54) + '0').add("tracestate", "kraken=d");
        assertEquals(
                Sampling.DENIED, w3c.extract(carrier, Carrier.GETTER, context).sampling());
        stateOf("krakens=d,kraken@x=d,xkraken=d");
        assertEquals(Sampling.SAMPLED, context.sampling());
    }

    @Test
    void reusedContextIsCleared() {
        stateOf("a=1,kraken=d");
        assertEquals("", stateOf());
        assertEquals(Sampling.SAMPLED, context.sampling());
        stateOf("a=1");
        assertEquals("", context.set(1, 2, 3, 1).traceState());
        stateOf("a=1");
        assertEquals("", context.clear().traceState());
    }
}
