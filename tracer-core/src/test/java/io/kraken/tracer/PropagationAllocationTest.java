package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderText;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Extracting, inheriting and injecting contexts allocates nothing. */
class PropagationAllocationTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final RemoteContext context = new RemoteContext();
    private final Carrier carrier = new Carrier();
    private final Carrier out = new Carrier();

    private static Carrier fill(Carrier carrier) {
        return carrier.clear()
                .add("traceparent", PARENT)
                .add("tracestate", "a=1,kraken=d")
                .add("tracestate", " b=2")
                .add("baggage", "user=J%C3%BCrgen;m, k=" + "v".repeat(1_000))
                .add("b3", "8448eb211c80319c-b7ad6b7169203331-d")
                .add("uber-trace-id", "1%3A2%3A0%3A3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"tracecontext", "baggage", "b3", "b3multi", "jaeger", "tracecontext,baggage,b3,jaeger,b3multi"})
    void ofBytes(String formats) {
        final Propagation propagation = new Propagation(formats);
        fill(carrier);
        Garbage.assertNone(() -> {
            propagation.extract(carrier, Carrier.GETTER, context);
            propagation.inject(context, out.clear(), Carrier.SETTER);
        });
    }

    @Test
    void ofCharacters() {
        final Propagation propagation = new Propagation("b3,jaeger,tracecontext,baggage");
        final StringBuilder state = new StringBuilder("a=1,b=2");
        final StringBuilder text = new StringBuilder(4_096);
        final HeaderGetter<StringBuilder> getter = (ignored, name, values) -> {
            if (name.equals("traceparent")) {
                values.add(PARENT);
            } else if (name.equals("tracestate") || name.equals("baggage")) {
                values.add(state);
                values.add("c=3");
            }
        };
        final HeaderSetter<StringBuilder> setter = new HeaderSetter<>() {
            @Override
            public void set(StringBuilder into, String name, HeaderText value) {
                into.append(name).append('=').append(value);
            }

            @Override
            public void set(StringBuilder into, String prefix, HeaderText name, HeaderText value) {
                into.append(prefix).append(name).append('=').append(value);
            }
        };
        Garbage.assertNone(() -> {
            propagation.extract(state, getter, context);
            text.setLength(0);
            propagation.inject(context, text, setter);
        });
        assertEquals("a=1,b=2,c=3", context.traceState());
    }

    @Test
    void ofStringsThatAreRead() {
        final Map<String, String> headers = new HashMap<>();
        headers.put("Traceparent", PARENT);
        headers.put("tracestate", "a=1");
        headers.put("baggage", "k=v");
        headers.put("content-type", "text/plain");
        final Propagation propagation = new Propagation("tracecontext,baggage,b3");
        Garbage.assertNone(() -> propagation.extract(headers, HeaderGetter.ofMap(), context));
    }

    /** Of a hash map that had all headers and has none of them. */
    @Test
    void ofRemovedHeaders() {
        final Map<String, String> headers = new HashMap<>(Map.of("content-type", "text/plain"));
        final HeaderSetter<Map<String, String>> setter = new HeaderSetter<>() {
            @Override
            public void set(Map<String, String> into, String name, HeaderText value) {
                into.put(name, "constant");
            }

            @Override
            public void remove(Map<String, String> from, String name) {
                HeaderSetter.ofMap().remove(from, name);
            }
        };
        final Propagation propagation = new Propagation("tracecontext,baggage");
        context.parse(PARENT);
        Garbage.assertNone(() -> propagation.inject(context, headers, setter));
    }

    @Test
    void ofHostileHeaders() {
        carrier.add("traceparent", PARENT)
                .add("tracestate", "a=1,".repeat(2_000))
                .add("baggage", "k=v,".repeat(2_000))
                .add("b3", "rubbish")
                .add("uber-trace-id", "1%3A2".repeat(100));
        final Propagation propagation = new Propagation("tracecontext,b3,jaeger");
        Garbage.assertNone(() -> propagation.extract(carrier, Carrier.GETTER, context));
    }

    @Test
    void ofSpansThatCarryThem() {
        final Propagation propagation = traced.tracer().propagation();
        traced.sink.keeping(false);
        fill(carrier);
        Garbage.assertNone(() -> {
            final RemoteContext caller = propagation.extract(carrier, Carrier.GETTER, context);
            final Span server = traced.tracer().start(NAME, SpanKind.SERVER, caller);
            server.baggage("k", "J\u00fcrgen, \u20ac");
            final Span client = traced.tracer().start(NAME, SpanKind.CLIENT);
            propagation.inject(client, out.clear(), Carrier.SETTER);
            client.end();
            server.end();
        });
        assertEquals("user=J%C3%BCrgen;m,k=J%C3%BCrgen%2C%20%E2%82%AC", out.get("baggage"));
    }
}
