package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.Headers;
import io.kraken.tracer.http.ExchangeHeaders;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Several formats together, and carriers of every kind. */
class PropagationTest {

    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final String B3 = "00000000000000000000000000000001-0000000000000002-1";

    private final Propagation standard = new Propagation(TracerConfig.PROPAGATORS.byDefault());
    private final RemoteContext context = new RemoteContext();

    @Test
    void lastOfSeveralFormatsCounts() {
        final Map<String, String> headers =
                Map.of("traceparent", PARENT, "tracestate", "a=1", "b3", B3, "baggage", "k=v");
        new Propagation("tracecontext,b3,baggage").extract(headers, HeaderGetter.ofMap(), context);
        assertEquals(2, context.spanId());
        assertEquals("", context.traceState(), "of another trace");
        assertEquals("v", context.baggage("k"));
        new Propagation("baggage,b3,tracecontext").extract(headers, HeaderGetter.ofMap(), context);
        assertEquals(PARENT, context.toString());
        assertEquals("a=1", context.traceState());
        assertEquals("v", context.baggage("k"));
    }

    @Test
    void formatsOfTheSameSpanAreMerged() {
        final Propagation both = new Propagation("tracecontext,b3");
        final String same = PARENT.substring(3, 52);
        final Map<String, String> headers = new HashMap<>();
        headers.put("traceparent", PARENT.substring(0, 54) + '3');
        headers.put("tracestate", "a=1");
        for (String b3 : new String[] {same + "-1", same + "-0", same, "0", "1"}) {
            headers.put("b3", b3);
            both.extract(headers, HeaderGetter.ofMap(), context);
            assertEquals(same, context.toString().substring(3, 52));
            assertEquals("a=1", context.traceState());
            assertEquals(TraceContext.RANDOM, context.flags() & TraceContext.RANDOM);
            assertEquals(b3.endsWith("-1") || b3.equals("1"), context.isSampled(), b3);
        }
        headers.put("b3", same + "-d");
        assertEquals(
                "kraken=d,a=1",
                both.extract(headers, HeaderGetter.ofMap(), context).traceState());
    }

    @Test
    void malformedFormatFallsBackToTheOthers() {
        final Map<String, String> headers = Map.of("traceparent", "00-rubbish", "b3", B3);
        assertTrue(new Propagation("b3,tracecontext")
                .extract(headers, HeaderGetter.ofMap(), context)
                .isValid());
        assertFalse(standard.extract(headers, HeaderGetter.ofMap(), context).isValid());
    }

    @Test
    void writesAllFormats() {
        final Map<String, String> out = new TreeMap<>();
        context.parse(PARENT).baggage("k", "v");
        new Propagation("tracecontext,baggage,b3,b3multi,jaeger").inject(context, out, HeaderSetter.ofMap());
        assertEquals(
                "[X-B3-Sampled, X-B3-SpanId, X-B3-TraceId, b3, baggage, traceparent, uber-trace-id, uberctx-k]",
                out.keySet().toString());
    }

    @Test
    void baggageInTwoFormatsIsNotDuplicated() {
        final Propagation both = new Propagation("jaeger,baggage");
        final Map<String, String> headers = new TreeMap<>();
        context.clear().baggage("k", "v");
        for (int hop = 0; hop < 3; hop++) {
            both.inject(context, headers, HeaderSetter.ofMap());
            assertEquals("{baggage=k=v, uberctx-k=v}", headers.toString());
            both.extract(headers, HeaderGetter.ofMap(), context);
        }
    }

    private static final List<String> ALL_NAMES = List.of(
            "traceparent",
            "tracestate",
            "baggage",
            "b3",
            "uber-trace-id",
            "uberctx-x",
            "UberCtx-y",
            "X-B3-TraceId",
            "X-B3-SpanId",
            "X-B3-ParentSpanId",
            "X-B3-Sampled",
            "X-B3-Flags");

    /** What is left of a carrier with all headers after injecting a context without trace state and baggage. */
    private String left(String formats, TraceContext context) {
        final Propagation propagation = new Propagation(formats);
        final Map<String, String> strings = new TreeMap<>();
        final Map<String, List<String>> lists = new TreeMap<>();
        for (String name : ALL_NAMES) {
            strings.put(name, "old");
            lists.put(name, List.of("old", "older"));
        }
        propagation.inject(context, strings, HeaderSetter.ofMap());
        propagation.inject(context, lists, HeaderSetter.ofLists());
        lists.values().removeIf(values -> values.contains("old"));
        final Map<String, String> fresh = new TreeMap<>();
        propagation.inject(context, fresh, HeaderSetter.ofMap());
        assertEquals(fresh.keySet(), lists.keySet());
        strings.entrySet().removeIf(header -> header.getValue().equals(fresh.get(header.getKey())));
        assertEquals(Set.of("old"), Set.copyOf(strings.values()));
        return strings.keySet().toString();
    }

    @Test
    void injectionRemovesOtherTracesInTheConfiguredFormats() {
        context.parse(PARENT);
        final String several = "X-B3-Flags, X-B3-ParentSpanId, X-B3-Sampled, X-B3-SpanId, X-B3-TraceId";
        assertEquals(
                "[UberCtx-y, " + several + ", b3, baggage, uber-trace-id, uberctx-x]", left("tracecontext", context));
        assertEquals(
                "[UberCtx-y, " + several + ", b3, uber-trace-id, uberctx-x]", left("baggage,tracecontext", context));
        final String others = "[UberCtx-y, baggage, traceparent, tracestate, uber-trace-id, uberctx-x]";
        assertEquals(others, left("b3", context));
        assertEquals(others, left("b3multi", context));
        assertEquals(others, left("b3,b3multi", context));
        assertEquals(others, left("b3multi,b3", context));
        assertEquals("[" + several + ", b3, baggage, traceparent, tracestate]", left("jaeger", context));
    }

    @Test
    void contextWithoutTraceKeepsTheCarriersTrace() {
        final Map<String, String> headers = new TreeMap<>(Map.of("traceparent", PARENT, "tracestate", "a=1"));
        context.clear().baggage("k", "v");
        standard.inject(context, headers, HeaderSetter.ofMap());
        assertEquals("{baggage=k=v, traceparent=" + PARENT + ", tracestate=a=1}", headers.toString());
    }

    @Test
    void removedBaggageIsRemovedFromTheCarrier() {
        final Map<String, String> headers = new TreeMap<>(Map.of("traceparent", PARENT, "baggage", "secret=1"));
        standard.extract(headers, HeaderGetter.ofMap(), context).baggage("secret", null);
        standard.inject(context, headers, HeaderSetter.ofMap());
        assertEquals("{traceparent=" + PARENT + "}", headers.toString());
    }

    @Test
    void ownsHeadersOfTheConfiguredFormatsInAnyCase() {
        final Propagation all = new Propagation("tracecontext,baggage,b3,jaeger");
        for (String name : ALL_NAMES) {
            assertTrue(all.owns(name) && all.owns(name.toUpperCase(Locale.ROOT)), name);
            assertFalse(new Propagation("none").owns(name), name);
        }
        assertFalse(all.owns("traceparent2") || all.owns("uberctx") || all.owns("b33") || all.owns(""));
        assertTrue(standard.owns("tracestate") && !standard.owns("b3") && !standard.owns("uber-trace-id"));
    }

    /** Removal is not needed if every carrier is new. */
    @Test
    void setterNeedNotRemove() {
        final List<String> names = new ArrayList<>();
        final HeaderSetter<List<String>> setter = (carrier, name, value) -> carrier.add(name);
        new Propagation("b3multi,jaeger").inject(context.parse(PARENT), names, setter);
        assertEquals(List.of("X-B3-TraceId", "X-B3-SpanId", "X-B3-Sampled", "uber-trace-id"), names);
    }

    @Test
    void noneDisablesPropagation() {
        final Map<String, String> out = new HashMap<>();
        final Propagation none = new Propagation("none");
        assertFalse(none.extract(Map.of("traceparent", PARENT), HeaderGetter.ofMap(), context)
                .isValid());
        none.inject(context.parse(PARENT), out, HeaderSetter.ofMap());
        assertEquals(Map.of(), out);
    }

    @Test
    void mapsMayHaveNamesInAnyCaseAndNulls() {
        final Map<String, String> headers = new LinkedHashMap<>();
        headers.put(null, "null");
        headers.put("tracestate", null);
        headers.put("TraceParent", PARENT);
        headers.put("BAGGAGE", "k=v");
        standard.extract(headers, HeaderGetter.ofMap(), context);
        assertEquals(PARENT, context.toString());
        assertEquals("v", context.baggage("k"));
        headers.put("traceparent", PARENT);
        assertFalse(standard.extract(headers, HeaderGetter.ofMap(), context).isValid(), "two values now");
    }

    @Test
    void mapsOfListsHaveRepeatedHeaders() {
        final Map<String, List<String>> headers = new HashMap<>();
        headers.put("Traceparent", List.of(PARENT));
        headers.put("Tracestate", List.of("a=1", "b=2"));
        headers.put("uberctx-x", List.of("1", "2"));
        headers.put("Baggage", null);
        final List<String> nulls = new ArrayList<>();
        nulls.add(null);
        headers.put("b3", nulls);
        final Propagation all = new Propagation("b3,jaeger,baggage,tracecontext");
        all.extract(headers, HeaderGetter.ofLists(), context);
        assertEquals("a=1,b=2", context.traceState());
        assertEquals("2", context.baggage("x"));
        final Map<String, List<String>> out = new TreeMap<>();
        standard.inject(context, out, HeaderSetter.ofLists());
        assertEquals("{baggage=[x=1,x=2], traceparent=[" + PARENT + "], tracestate=[a=1,b=2]}", out.toString());
    }

    @Test
    void readsHeadersOfTheJdksServer() {
        final Headers headers = new Headers();
        for (String name : ALL_NAMES) {
            headers.add(name, "old");
        }
        final Propagation formats = new Propagation("tracecontext,baggage,b3,jaeger");
        formats.inject(context.parse(PARENT), headers, ExchangeHeaders.SETTER);
        assertEquals(Set.of("Traceparent", "B3", "Uber-trace-id"), headers.keySet());
        assertEquals(
                PARENT.substring(0, 54) + '1',
                formats.extract(headers, ExchangeHeaders.GETTER, context).toString());
    }

    /** Characters, arrays and buffers, at offsets, repeated and mixed. */
    @Test
    void readsBytesFromAnySource() {
        final byte[] padded = ("xx " + PARENT + "\tyy").getBytes(StandardCharsets.US_ASCII);
        final byte[] state = "xb=2,c=3x".getBytes(StandardCharsets.US_ASCII);
        final HeaderGetter<byte[]> getter = (carrier, name, values) -> {
            if (name.equals("traceparent")) {
                values.add(carrier, 2, carrier.length - 4);
            } else if (name.equals("tracestate")) {
                values.add(state, 1, 3);
                values.add(new StringBuilder(" a=1 "));
                values.add(ByteBuffer.wrap(state), 5, 3);
                values.add((CharSequence) null);
            }
        };
        standard.extract(padded, getter, context);
        assertEquals(PARENT, context.toString());
        assertEquals("b=2,a=1,c=3", context.traceState());
        assertEquals("xb=2,c=3x", new String(state, StandardCharsets.US_ASCII), "the array is unchanged");
    }

    /** A message may contain anything; forwarding it by HTTP must not inject headers. */
    @Test
    void propagatedValuesContainNoLineBreaks() {
        final String evil = "\r\nhost: evil\n\r\u0000\u007f";
        final Propagation all = new Propagation("tracecontext,baggage,b3,jaeger");
        for (String value : new String[] {PARENT, PARENT + evil}) {
            final Map<String, String> in = new HashMap<>(Map.of(
                    "traceparent",
                    value,
                    "tracestate",
                    "a=1" + evil + ",b=2",
                    "baggage",
                    "k=v" + evil + ",l=w;m" + evil + ",n" + evil + "=1,o=1",
                    "uberctx-p",
                    "v" + evil,
                    "uberctx-q" + evil,
                    "v"));
            in.put("b3", evil);
            all.extract(in, HeaderGetter.ofMap(), context);
            assertEquals("v" + evil, context.baggage("p"));
            final Map<String, String> out = new TreeMap<>();
            all.inject(context, out, HeaderSetter.ofMap());
            assertEquals("v%0D%0Ahost:%20evil%0A%0D%00%7F", out.get("uberctx-p"));
            assertEquals("1", out.get("uberctx-o"));
            assertFalse(out.toString().chars().anyMatch(c -> c < ' ' || c > '~'), out::toString);
        }
    }

    @Test
    void textsSuitAnyKindOfSetter() {
        context.parse(PARENT);
        standard.inject(context, new StringBuilder(), (out, name, value) -> {
            assertEquals(PARENT, out.append(value).toString());
            assertEquals(PARENT, value.toString());
            assertArrayEquals(PARENT.getBytes(StandardCharsets.US_ASCII), value.toBytes());
            assertEquals(PARENT.substring(3, 5), value.subSequence(3, 5).toString());
            assertEquals('0', value.byteAt(0));
            assertThrows(IndexOutOfBoundsException.class, () -> value.charAt(55));
            assertThrows(IndexOutOfBoundsException.class, () -> value.charAt(-1));
        });
    }

    @Test
    void setterMayInjectAndThrow() {
        context.parse(PARENT);
        final Map<String, String> inner = new HashMap<>();
        final Map<String, String> outer = new HashMap<>();
        standard.inject(context, outer, (map, name, value) -> {
            standard.inject(new RemoteContext().set(1, 2, 3, 0), inner, HeaderSetter.ofMap());
            map.put(name, value.toString());
        });
        assertEquals(PARENT, outer.get("traceparent"));
        assertEquals("00-00000000000000010000000000000002-0000000000000003-00", inner.get("traceparent"));
        for (int i = 0; i < 1_000; i++) {
            assertThrows(
                    IllegalStateException.class,
                    () -> standard.inject(context, outer, (map, name, value) -> {
                        throw new IllegalStateException();
                    }));
        }
        standard.inject(context, outer, HeaderSetter.ofMap());
    }

    @Test
    void moreConcurrentSettersThanBuffersWork() {
        context.parse(PARENT);
        final Map<String, String> out = new TreeMap<>();
        injectNested(200, out);
        assertEquals(200, out.size());
    }

    private void injectNested(int depth, Map<String, String> out) {
        if (depth > 0) {
            standard.inject(context, out, (map, name, value) -> {
                injectNested(depth - 1, map);
                assertEquals(PARENT, value.toString());
                map.put(name + depth, value.toString());
            });
        }
    }

    @Test
    void nullsAreIgnored() {
        assertFalse(standard.extract(null, HeaderGetter.ofMap(), context.parse(PARENT))
                .isValid());
        assertFalse(standard.extract(Map.of(), null, context.parse(PARENT)).isValid());
        standard.inject(context, null, HeaderSetter.ofMap());
        standard.inject(context, new HashMap<String, String>(), null);
    }
}
