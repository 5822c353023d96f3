package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.propagation.Baggage;
import io.kraken.tracer.propagation.TraceState;
import io.kraken.tracer.text.Hex;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random headers cause no exception and exceed no bound, and propagated headers have the same meaning. */
class PropagationPropertyTest {

    private static final int ROUNDS = 20_000;
    private static final String[] NAMES = {
        "traceparent",
        "tracestate",
        "baggage",
        "b3",
        "X-B3-TraceId",
        "X-B3-SpanId",
        "X-B3-Sampled",
        "X-B3-Flags",
        "uber-trace-id"
    };
    private static final String[] PIECES = {
        "0af7651916cd43dd8448eb211c80319c",
        "b7ad6b7169203331",
        "8448eb211c80319c",
        "00",
        "01",
        "cc",
        "ff",
        "-",
        ":",
        ",",
        "=",
        ";",
        "d",
        "1",
        "0",
        "a=1",
        "kraken=d",
        "k=v",
        " ",
        "\t",
        "%20",
        "%",
        "%3A",
        "@",
        "\u00e9",
        "\u0000",
        "\u007f",
        "0000000000000000",
        "x".repeat(130) + "=1",
        "y=" + "z".repeat(256),
        "b=2;m=3",
        "F"
    };

    private final RemoteContext context = new RemoteContext();
    private final RemoteContext second = new RemoteContext();
    private final Carrier in = new Carrier();
    private final Carrier out = new Carrier();

    /** Valid headers, each with a chance of being changed. */
    private String value(Random random, String name) {
        final StringBuilder text = new StringBuilder();
        if (random.nextInt(4) == 0) {
            for (int i = random.nextInt(random.nextInt(20) == 0 ? 2_000 : 12); i > 0; i--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
        } else {
            text.append(sound(random, name));
            for (int i = random.nextInt(8) - 5; i > 0 && text.length() > 0; i--) {
                text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(0x100));
            }
        }
        return text.toString();
    }

    private static String sound(Random random, String name) {
        final String trace = Hex.id(random.nextLong()) + Hex.id(random.nextLong());
        final String span = Hex.id(random.nextLong());
        switch (name) {
            case "traceparent":
                return "00-" + trace + '-' + span + '-' + (random.nextBoolean() ? "01" : "02");
            case "b3":
                return (random.nextBoolean() ? trace : span) + '-' + span + "-" + "01d".charAt(random.nextInt(3));
            case "X-B3-TraceId":
                return trace;
            case "X-B3-SpanId":
                return span;
            case "X-B3-Sampled":
            case "X-B3-Flags":
                return random.nextBoolean() ? "1" : "0";
            case "uber-trace-id":
                return trace.substring(random.nextInt(31)) + ':' + span + ":0:"
                        + Integer.toHexString(random.nextInt(16));
            default:
                return list(random);
        }
    }

    private static String list(Random random) {
        final StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(random.nextInt(10) == 0 ? 100 : 8); i >= 0; i--) {
            text.append(random.nextInt(20) == 0 ? "kraken" : "k" + random.nextInt(50))
                    .append('=');
            text.append("v".repeat(random.nextInt(random.nextInt(10) == 0 ? 300 : 10) + 1))
                    .append(i == 0 ? "" : ",");
        }
        return text.toString();
    }

    static void assertBounded(RemoteContext context) {
        final TraceBaggage what = context.own();
        assertTrue(what.state.length() <= TraceState.MAX_LENGTH && what.state.bytes().length <= TraceState.MAX_LENGTH);
        assertTrue(what.baggage.length() <= Baggage.MAX_LENGTH && what.baggage.bytes().length <= Baggage.MAX_LENGTH);
        assertTrue(members(what.state.bytes(), what.state.length()) <= TraceState.MAX_MEMBERS);
        assertTrue(members(what.baggage.bytes(), what.baggage.length()) <= Baggage.MAX_MEMBERS);
        assertEquals(what.isEmpty(), context.carried == TraceBaggagePool.NONE);
        assertEquals((context.traceIdHigh() | context.traceIdLow()) != 0, context.spanId() != 0, "half a context");
    }

    private static int members(byte[] bytes, int length) {
        int count = length > 0 ? 1 : 0;
        for (int i = 0; i < length; i++) {
            count += bytes[i] == ',' ? 1 : 0;
        }
        return count;
    }

    static String all(RemoteContext context) {
        final TraceBaggage what = context.own();
        final String baggage = new String(what.baggage.bytes(), 0, what.baggage.length(), StandardCharsets.ISO_8859_1);
        return context + " " + context.sampling() + ' ' + context.traceState() + ' ' + baggage;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tracecontext,baggage",
                "b3",
                "b3multi",
                "jaeger",
                "tracecontext,baggage,b3",
                "b3multi,jaeger,baggage,tracecontext"
            })
    void toleratesRandomHeaders(String formats) {
        final Random random = new Random(formats.hashCode());
        final Propagation propagation = new Propagation(formats);
        int valid = 0;
        int carrying = 0;
        for (int round = 0; round < ROUNDS; round++) {
            in.clear();
            final List<String> headers = new ArrayList<>();
            for (int i = random.nextInt(12); i > 0; i--) {
                final String name = NAMES[random.nextInt(NAMES.length)];
                final String value = value(random, name);
                headers.add(name + ": " + value);
                in.add(name, value.substring(0, Math.min(value.length(), 3_000)));
            }
            propagation.extract(in, Carrier.GETTER, context);
            assertBounded(context);
            valid += context.isValid() ? 1 : 0;
            carrying += context.own().isEmpty() ? 0 : 1;
            propagation.inject(context, out.clear(), Carrier.SETTER);
            propagation.extract(out, Carrier.GETTER, second);
            assertEquals(expected(formats), all(second), headers::toString);
        }
        assertTrue(valid > ROUNDS / 50, "too few were valid: " + valid);
        assertTrue(valid < ROUNDS - ROUNDS / 50);
        assertTrue(carrying > ROUNDS / 200, "too few carried anything: " + carrying);
    }

    /** A reader that prefers W3C takes a deferred decision for a denied one: W3C has no flag for it. */
    private String expected(String formats) {
        final boolean undecided = context.isValid() && formats.endsWith(",tracecontext");
        return undecided ? all(context).replace("DEFERRED", "DENIED") : all(context);
    }
}
