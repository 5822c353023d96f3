package io.kraken.tracer.propagation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.kraken.tracer.Carrier;
import io.kraken.tracer.Propagation;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.sampling.Sampling;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JaegerPropagatorTest {

    private static final String IDS = "0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:";

    private final Propagation jaeger = Carrier.propagation("jaeger");
    private final RemoteContext context = new RemoteContext();
    private final Carrier carrier = new Carrier();

    private RemoteContext read(String header) {
        return jaeger.extract(carrier.clear().add("uber-trace-id", header), Carrier.GETTER, context);
    }

    private String sent() {
        jaeger.inject(context, carrier.clear(), Carrier.SETTER);
        return carrier.get("uber-trace-id");
    }

    @ParameterizedTest
    @CsvSource({
        "0, DENIED, 0",
        "1, SAMPLED, 1",
        "3, DEBUG, 3",
        "2, DEBUG, 3",
        "8, DENIED, 8",
        "9, SAMPLED, 9",
        "b, DEBUG, b",
        "01, SAMPLED, 1",
        "ff, DEBUG, b",
        "4, DENIED, 0"
    })
    void readsFlags(String flags, Sampling decided, String sentOn) {
        assertEquals(decided, read(IDS + flags).sampling());
        assertEquals(IDS + sentOn, sent());
    }

    @Test
    void propagatesDebugAndFirehoseInOtherFormats() {
        final Propagation w3c = Carrier.propagation("tracecontext");
        read(IDS + "b");
        w3c.inject(context, carrier.clear(), Carrier.SETTER);
        assertEquals("kraken=df", carrier.get("tracestate"));
        w3c.extract(carrier, Carrier.GETTER, context.clear());
        assertEquals(IDS + "b", sent());
    }

    @ParameterizedTest
    @CsvSource({
        "1:2:0:1, 00000000000000000000000000000001:0000000000000002:0:1",
        "10000000000000002:3:ffff:0, 00000000000000010000000000000002:0000000000000003:0:0",
        "8448eb211c80319c:b7ad6b7169203331::1, 00000000000000008448eb211c80319c:b7ad6b7169203331:0:1",
        "1%3A2%3a0%3A1, 00000000000000000000000000000001:0000000000000002:0:1"
    })
    void acceptsIdsOfAnyLength(String header, String sentOn) {
        read(header);
        assertEquals(sentOn, sent());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":::",
                "1:2:0",
                "1:2:0:",
                "1:2:0:1:",
                "1:2:0:001",
                ":2:0:1",
                "1::0:1",
                "0:2:0:1",
                "1:0:0:1",
                "g:2:0:1",
                "1:g:0:1",
                "1:2:g:1",
                "1:2:0:g",
                "1:2:00000000000000000:1",
                "1:00000000000000002:0:1",
                "000000000000000000000000000000001:2:0:1",
                "A:2:0:1",
                "1 :2:0:1",
                "\u00e9:2:0:1",
                "1%3:2:0:1",
                "1,2:2:0:1"
            })
    void rejectsMalformedHeader(String header) {
        assertFalse(read(header).isValid());
        assertNull(sent());
    }

    @Test
    void rejectsRepeatedHeader() {
        carrier.add("uber-trace-id", IDS + 1).add("uber-trace-id", IDS + 1);
        assertFalse(jaeger.extract(carrier, Carrier.GETTER, context).isValid());
    }

    @Test
    void baggageHasAHeaderForEachKey() {
        final Map<String, String> in = new TreeMap<>(Map.of(
                "uberctx-a",
                "1",
                "uberctx-b",
                "x y;z,\"%20",
                "Uberctx-C",
                "",
                "uberctx-",
                "no key",
                "uberctx-d=e,f",
                "bad",
                "uberctx-g",
                "\u00e9"));
        in.put("uberctx", "none");
        jaeger.extract(in, HeaderGetter.ofMap(), context);
        assertEquals("1", context.baggage("a"));
        assertEquals("x y;z,\" ", context.baggage("b"));
        assertEquals("", context.baggage("C"));
        assertNull(context.baggage("d"));
        assertNull(context.baggage("g"));
        context.baggage("k", "v w");
        final Map<String, String> out = new TreeMap<>();
        jaeger.inject(context, out, HeaderSetter.ofMap());
        assertEquals("{uberctx-C=, uberctx-a=1, uberctx-b=x%20y%3Bz%2C%22%20, uberctx-k=v%20w}", out.toString());
    }

    @Test
    void metadataIsNotPropagated() {
        Carrier.propagation("baggage").extract(carrier.add("baggage", "a=1;m=2,b=3"), Carrier.GETTER, context);
        final Map<String, String> out = new TreeMap<>();
        jaeger.inject(context, out, HeaderSetter.ofMap());
        assertEquals("{uberctx-a=1, uberctx-b=3}", out.toString());
    }

    @Test
    void baggageIsBounded() {
        for (int i = 0; i < 100; i++) {
            carrier.add("uberctx-k" + i, "v".repeat(200));
        }
        jaeger.extract(carrier, Carrier.GETTER, context);
        assertEquals("v".repeat(200), context.baggage("k38"));
        assertNull(context.baggage("k41"));
    }
}
