package io.kraken.tracer.propagation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Carrier;
import io.kraken.tracer.Propagation;
import io.kraken.tracer.RemoteContext;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BaggageTest {

    private final Propagation baggage = Carrier.propagation("baggage");
    private final RemoteContext context = new RemoteContext();
    private final Carrier carrier = new Carrier();

    /** The baggage that is propagated for these headers. */
    private String passed(String... values) {
        carrier.clear();
        for (String value : values) {
            carrier.add("baggage", value);
        }
        baggage.extract(carrier, Carrier.GETTER, context);
        return sent();
    }

    private String sent() {
        baggage.inject(context, carrier.clear(), Carrier.SETTER);
        return carrier.get("baggage");
    }

    private static String members(int count) {
        return IntStream.range(0, count).mapToObj(i -> "k" + i + '=' + i).collect(Collectors.joining(","));
    }

    @Test
    void propagatesMembersWithMetadata() {
        assertEquals("a=1,b=%20x%2C;p1;p2=v,c=", passed(" a=1 , b\t= %20x%2C ;p1;p2=v ", ",,", "c="));
        assertEquals("1", context.baggage("a"));
        assertEquals(" x,", context.baggage("b"));
        assertEquals("", context.baggage("c"));
        assertNull(context.baggage("p1"));
        assertNull(context.baggage(""));
        assertFalse(context.isValid(), "without a trace");
    }

    @Test
    void emptyInputGivesEmptyBaggage() {
        assertNull(passed());
        assertNull(passed("", " , ,"));
        assertNull(context.baggage("a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1",
                "a",
                "a b=1",
                "a=1 2",
                "a=\"1\"",
                "a=1\\",
                "(a)=1",
                "a=\u00e9",
                "\u00e9=1",
                "a=1;\u00e9",
                "a=\u0000",
                "a=1\u007f",
                "a/b=1",
                "a=1 x;p",
                " = ",
                "a=1;p=\"q\""
            })
    void dropsMalformedMembersOnly(String bad) {
        assertEquals("x=1,y=2", passed("x=1," + bad + ",y=2"));
        assertEquals("y=2", passed(bad, "y=2"));
        assertNull(passed(bad));
    }

    @ParameterizedTest
    @CsvSource({
        "%, %",
        "%4, %4",
        "%41, A",
        "%zz, %zz",
        "%4z, %4z",
        "a%, a%",
        "%25, %",
        "+, +",
        "%C3%A9, \u00e9",
        "%e2%82%ac, \u20ac",
        "%F0%9F%9A%80, \uD83D\uDE80",
        "%ff, \uFFFD"
    })
    void decodesPercentEncodedValues(String encoded, String text) {
        assertEquals("a=" + encoded, passed("a=" + encoded), "propagated unchanged");
        assertEquals(text, context.baggage("a"));
    }

    @Test
    void lastMemberOfAKeyCountsAndAllArePropagated() {
        assertEquals("a=1,b=2,a=3", passed("a=1,b=2,a=3"));
        assertEquals("3", context.baggage("a"));
        assertNull(context.baggage("A"));
    }

    @Test
    void thereAreAtMost64Members() {
        assertEquals(members(64), passed(members(64)));
        assertEquals(members(64), passed(members(65)));
        assertEquals(
                members(64),
                passed(members(40), members(64).substring(members(40).length() + 1), "more=1"));
    }

    @Test
    void andAtMost8192Bytes() {
        final String most = "a=" + "v".repeat(8190);
        assertEquals(most, passed(most));
        assertNull(passed(most + 'v'));
        assertEquals(
                "a=1,c=3", passed("a=1", "b=" + "v".repeat(8190), "c=3"), "a too long member does not affect others");
        final String half = "a=" + "v".repeat(4093); // 4095 bytes
        assertEquals(8191, passed(half, half, half).length());
    }

    @Test
    void truncatesTenThousandMembers() {
        final byte[] many = "k=1,".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
        baggage.extract(carrier.add("baggage", many), Carrier.GETTER, context);
        assertEquals("k=1,".repeat(63) + "k=1", sent());
        carrier.clear().add("baggage", ",".repeat(20_477) + "k=1234567");
        baggage.extract(carrier, Carrier.GETTER, context);
        assertNull(sent(), "a truncated member is dropped");
    }

    @Test
    void putsValues() {
        assertTrue(context.baggage("a", "1"));
        assertTrue(context.baggage("b", "x, y;\"z\"\\ % \u00e9\u20ac\uD83D\uDE80\uD83D"));
        assertEquals("a=1,b=x%2C%20y%3B%22z%22%5C%20%25%20%C3%A9%E2%82%AC%F0%9F%9A%80%3F", sent());
        assertEquals("x, y;\"z\"\\ % \u00e9\u20ac\uD83D\uDE80?", context.baggage("b"));
        assertTrue(context.baggage("a", "2"));
        assertEquals("2", context.baggage("a"));
        assertTrue(context.baggage("b", null) && context.baggage("none", null));
        assertEquals("a=2", sent());
        assertTrue(context.baggage("a", null));
        assertNull(sent());
    }

    @Test
    void putReplacesAllMembersOfTheKey() {
        passed("a=1;m,b=2,a=3,ab=4,a=5");
        assertTrue(context.baggage("a", ""));
        assertEquals("b=2,ab=4,a=", sent());
        passed("a=1,a=2");
        assertTrue(context.baggage("a", null));
        assertNull(sent());
    }

    @Test
    void putWithoutRoomChangesNothing() {
        passed(members(64));
        assertFalse(context.baggage("more", "1"));
        assertEquals(members(64), sent());
        assertTrue(context.baggage("k0", "new"));
        assertEquals(members(64).substring(5) + ",k0=new", sent());
        final String most = "a=" + "v".repeat(8190);
        passed(most);
        assertFalse(context.baggage("b", ""));
        assertFalse(context.baggage("a", "v".repeat(8191)));
        assertFalse(context.baggage("a", "\u20ac".repeat(1_000)), "9 bytes each");
        assertEquals(most, sent());
        assertTrue(context.baggage("a", "w".repeat(8190)));
        assertEquals(most.replace('v', 'w'), sent());
    }

    @Test
    void keysMustBeTokens() {
        for (String key : new String[] {null, "", " ", "a b", "a=b", "a,b", "a;b", "\u00e9", "a\"", "k".repeat(8193)}) {
            assertFalse(context.baggage(key, "1"), key);
        }
        assertTrue(context.baggage("!#$%&'*+-.^_`|~09azAZ", "1"));
        assertEquals("!#$%&'*+-.^_`|~09azAZ=1", passed("!#$%&'*+-.^_`|~09azAZ=1"));
    }
}
