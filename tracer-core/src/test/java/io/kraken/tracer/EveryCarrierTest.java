package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.Headers;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.kraken.tracer.http.ClientHeaders;
import io.kraken.tracer.http.ExchangeHeaders;
import io.kraken.tracer.http.ServletHeaders;
import io.kraken.tracer.messaging.KafkaHeaders;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.rpc.GrpcMetadata;
import io.kraken.tracer.sampling.Sampling;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All predefined carriers with the same headers: repeated, malformed, too many, not ASCII. */
class EveryCarrierTest {

    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final String OTHER = "00-00000000000000000000000000000001-0000000000000002-01";
    private static final String IDS = PARENT.substring(3, 52);

    /** A kind of carrier: how headers are put into it, each with all its values, and how it is read. */
    private record Kind<C>(String name, Function<Map<String, List<String>>, C> of, HeaderGetter<C> getter) {

        RemoteContext extract(String formats, Map<String, List<String>> headers) {
            return new Propagation(formats).extract(of.apply(headers), getter, new RemoteContext());
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Kind<?>> kinds() {
        return Stream.of(
                new Kind<>("map", EveryCarrierTest::map, HeaderGetter.ofMap()),
                new Kind<>("map of lists", headers -> headers, HeaderGetter.ofLists()),
                new Kind<>("JDK server", EveryCarrierTest::exchange, ExchangeHeaders.GETTER),
                new Kind<>("JDK client", headers -> HttpHeaders.of(headers, (k, v) -> true), ClientHeaders.GETTER),
                new Kind<>("servlet", EveryCarrierTest::servlet, ServletHeaders.GETTER),
                new Kind<>("Kafka", EveryCarrierTest::kafka, KafkaHeaders.GETTER),
                new Kind<>("gRPC", EveryCarrierTest::grpc, GrpcMetadata.GETTER));
    }

    /** The second value under another spelling of the same name. */
    private static Map<String, String> map(Map<String, List<String>> headers) {
        final Map<String, String> map = new LinkedHashMap<>();
        headers.forEach((name, values) -> {
            map.put(name, values.get(0));
            if (values.size() > 1) {
                map.put(name.toUpperCase(Locale.ROOT).substring(0, 1) + name.substring(1), values.get(1));
            }
        });
        return map;
    }

    /** As the server reads them, one character for each byte: since Java 25 it rejects others. */
    private static Headers exchange(Map<String, List<String>> headers) {
        final Headers all = new Headers();
        headers.forEach((name, values) -> values.forEach(value ->
                all.add(name, new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))));
        return all;
    }

    private static HttpServletRequest servlet(Map<String, List<String>> headers) {
        return (HttpServletRequest) Proxy.newProxyInstance(
                EveryCarrierTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (request, method, arguments) -> switch (method.getName()) {
                    case "getHeaders" -> Collections.enumeration(headers.getOrDefault(arguments[0], List.of()));
                    case "getHeader" -> headers.get(arguments[0]).get(0);
                    case "getHeaderNames" -> Collections.enumeration(headers.keySet());
                    default -> throw new AssertionError(method);
                });
    }

    private static RecordHeaders kafka(Map<String, List<String>> headers) {
        final RecordHeaders all = new RecordHeaders();
        headers.forEach(
                (name, values) -> values.forEach(value -> all.add(name, value.getBytes(StandardCharsets.UTF_8))));
        return all;
    }

    /** As on the wire, with names in lower case and values as bytes. */
    private static Metadata grpc(Map<String, List<String>> headers) {
        final List<byte[]> all = new ArrayList<>();
        headers.forEach((name, values) -> values.forEach(value -> {
            all.add(name.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII));
            all.add(value.getBytes(StandardCharsets.UTF_8));
        }));
        return InternalMetadata.newMetadata(all.toArray(new byte[0][]));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void joinsStateAndBaggageOfSeveralHeaders(Kind<?> kind) {
        final RemoteContext context = kind.extract(
                "tracecontext,baggage",
                Map.of(
                        "traceparent", List.of(PARENT),
                        "tracestate", List.of("a=1,b=2", " c=3"),
                        "baggage", List.of("k=%20v;m", "l=w")));
        assertEquals(PARENT, context.toString());
        assertEquals("a=1,b=2,c=3", context.traceState());
        assertEquals(" v", context.baggage("k"));
        assertEquals("w", context.baggage("l"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void rejectsRepeatedTrace(Kind<?> kind) {
        for (String second : new String[] {PARENT, OTHER, "", "rubbish"}) {
            final RemoteContext context = kind.extract(
                    "tracecontext,baggage",
                    Map.of(
                            "traceparent", List.of(PARENT, second),
                            "tracestate", List.of("a=1"),
                            "baggage", List.of("k=v")));
            assertFalse(context.isValid(), second);
            assertEquals("", context.traceState(), second);
            assertEquals("v", context.baggage("k"), "baggage needs no trace");
        }
        final String jaeger = IDS.replace('-', ':') + ":0:1";
        assertFalse(kind.extract("b3", Map.of("b3", List.of(IDS, IDS))).isValid());
        assertFalse(kind.extract("jaeger", Map.of("uber-trace-id", List.of(jaeger, jaeger)))
                .isValid());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void rejectsMalformedTrace(Kind<?> kind) {
        final String[] malformed = {
            "",
            "00",
            PARENT.substring(0, 54),
            PARENT + "0",
            PARENT + "-00",
            PARENT.toUpperCase(Locale.ROOT),
            PARENT.replace('-', '_'),
            "ff" + PARENT.substring(2),
            "00-" + "0".repeat(32) + PARENT.substring(35),
            PARENT.substring(0, 36) + "0".repeat(16) + "-01",
            "\u00fc" + PARENT.substring(1),
            PARENT.substring(0, 54) + "\u0661",
            PARENT + "-" + "x".repeat(100_000)
        };
        for (String each : malformed) {
            final RemoteContext context =
                    kind.extract("tracecontext", Map.of("traceparent", List.of(each), "tracestate", List.of("a=1")));
            assertFalse(context.isValid(), each);
            assertEquals("", context.traceState(), each);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void dropsNonAsciiMembers(Kind<?> kind) {
        final RemoteContext context = kind.extract(
                "tracecontext,baggage,jaeger",
                Map.of(
                        "traceparent", List.of(PARENT),
                        "tracestate", List.of("a=\u00fc,b=2"),
                        "baggage", List.of("k=\u00fc,l=w"),
                        "uberctx-m", List.of("\u20ac")));
        assertEquals(PARENT, context.toString());
        assertEquals("", context.traceState());
        assertNull(context.baggage("k"));
        assertNull(context.baggage("m"));
        assertEquals("w", context.baggage("l"));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void rejectsTenThousandMembers(Kind<?> kind) {
        final String many = "k=1,".repeat(5_000);
        final RemoteContext context = kind.extract(
                "tracecontext,baggage",
                Map.of(
                        "traceparent", List.of(PARENT),
                        "tracestate", List.of(many, many),
                        "baggage", List.of("first=1," + many, many + "last=1")));
        assertEquals(PARENT, context.toString());
        assertEquals("", context.traceState());
        assertEquals("1", context.baggage("first"));
        assertNull(context.baggage("last"));
        PropagationPropertyTest.assertBounded(context);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void b3MayComeInOneHeaderOrInSeveral(Kind<?> kind) {
        final RemoteContext debug = kind.extract(
                "b3",
                Map.of(
                        "X-B3-TraceId", List.of("8448eb211c80319c"),
                        "X-B3-SpanId", List.of("b7ad6b7169203331"),
                        "X-B3-Flags", List.of("1")));
        assertEquals("00-00000000000000008448eb211c80319c-b7ad6b7169203331-01", debug.toString());
        assertEquals(Sampling.DEBUG, debug.sampling());
        assertEquals(
                Sampling.DENIED, kind.extract("b3", Map.of("b3", List.of("0"))).sampling());
        assertEquals(
                Sampling.DEFERRED,
                kind.extract("b3", Map.of("b3", List.of(IDS))).sampling());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void lastJaegerHeaderOfABaggageKeyCounts(Kind<?> kind) {
        final RemoteContext context = kind.extract(
                "jaeger",
                Map.of(
                        "uber-trace-id", List.of("1:2:0:b"),
                        "uberctx-user", List.of("a", "x y"),
                        "uberctx-tenant", List.of("t"),
                        "uberct", List.of("none")));
        assertEquals("00-00000000000000000000000000000001-0000000000000002-01", context.toString());
        assertEquals("kraken=df", context.traceState());
        assertEquals("t", context.baggage("tenant"));
        assertTrue(kind.name.equals("map") || "x y".equals(context.baggage("user")), context.baggage("user"));
    }
}
