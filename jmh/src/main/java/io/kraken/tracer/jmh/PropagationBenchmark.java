package io.kraken.tracer.jmh;

import io.kraken.tracer.Propagation;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderText;
import io.kraken.tracer.propagation.HeaderValues;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Injection of a context into headers and extraction from them: a message of bytes, which needs no allocation, and a
 * map of strings. {@code carried} is the data besides the ids. The peer is OpenTelemetry's propagator, which supports
 * maps only.
 */
@State(Scope.Thread)
public class PropagationBenchmark extends Defaults {

    private static final SpanName NAME = SpanName.of("agent.download_blob");
    private static final String STATE = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";
    private static final String BAGGAGE = "user=J%C3%BCrgen,tenant=kraken;p=1";

    /** Headers as in a broker's message. */
    private static final class Message {
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(4096);
        private final String[] names = new String[8];
        private final int[] offsets = new int[8];
        private final int[] lengths = new int[8];
        private int count;
        private int end;

        void clear() {
            count = 0;
            end = 0;
        }

        void add(String name, HeaderText value) {
            names[count] = name;
            offsets[count] = end;
            lengths[count++] = value.length();
            value.copyTo(bytes, end);
            end += value.length();
        }

        void find(String name, HeaderValues values) {
            for (int i = 0; i < count; i++) {
                if (names[i].equals(name)) {
                    values.add(bytes, offsets[i], lengths[i]);
                }
            }
        }
    }

    private static final HeaderGetter<Message> GETTER = Message::find;
    private static final HeaderSetter<Message> SETTER = new HeaderSetter<>() {
        @Override
        public void set(Message carrier, String name, HeaderText value) {
            carrier.add(name, value);
        }

        @Override
        public void set(Message carrier, String prefix, HeaderText name, HeaderText value) {
            carrier.add(prefix, name);
            carrier.add(prefix, value);
        }
    };

    private static final TextMapSetter<Map<String, String>> THEIR_SETTER = Map::put;
    private static final TextMapGetter<Map<String, String>> THEIR_GETTER = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Map<String, String> carrier) {
            return carrier.keySet();
        }

        @Override
        public String get(Map<String, String> carrier, String key) {
            return carrier.get(key);
        }
    };

    @Param({"tracecontext", "b3", "b3multi", "jaeger", "tracecontext,baggage"})
    public String format;

    @Param({"nothing", "state and baggage"})
    public String carried;

    private final Message in = new Message();
    private final Message out = new Message();
    private final Map<String, String> strings = new HashMap<>();
    private final RemoteContext context = new RemoteContext();
    private Context theirs;
    private Tracer tracer;
    private Propagation propagation;
    private Span span;

    @Setup
    public void setUp() {
        final boolean more = !carried.equals("nothing");
        final TracerConfig config = Tracers.config("auto").with(TracerConfig.PROPAGATORS, format);
        tracer = Tracers.open(config);
        propagation = tracer.propagation();
        final Map<String, String> caller = new HashMap<>();
        caller.put("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        if (more) {
            caller.put("tracestate", STATE);
            caller.put("baggage", BAGGAGE);
        }
        all().extract(caller, HeaderGetter.ofMap(), context);
        span = tracer.startDetached(NAME, SpanKind.CLIENT, context);
        propagation.inject(context, in, SETTER);
        theirs = W3CTraceContextPropagator.getInstance().extract(Context.root(), caller, THEIR_GETTER);
        propagation.inject(context, strings, HeaderSetter.ofMap());
        W3CTraceContextPropagator.getInstance().inject(theirs, strings, THEIR_SETTER);
    }

    private static Propagation all() {
        return Tracer.disabled().propagation();
    }

    @TearDown
    public void tearDown() {
        span.end();
        tracer.close();
    }

    /** Injects the context of an open span, as a client does. */
    @Benchmark
    public Message inject() {
        out.clear();
        propagation.inject(span, out, SETTER);
        return out;
    }

    @Benchmark
    public RemoteContext extract() {
        return propagation.extract(in, GETTER, context);
    }

    @Benchmark
    public Map<String, String> injectStrings() {
        propagation.inject(span, strings, HeaderSetter.ofMap());
        return strings;
    }

    @Benchmark
    public RemoteContext extractStrings() {
        return propagation.extract(strings, HeaderGetter.ofMap(), context);
    }

    /** W3C trace context whatever the format is. */
    @Benchmark
    public Map<String, String> injectStringsOpenTelemetry() {
        W3CTraceContextPropagator.getInstance().inject(theirs, strings, THEIR_SETTER);
        return strings;
    }

    @Benchmark
    public Context extractStringsOpenTelemetry() {
        return W3CTraceContextPropagator.getInstance().extract(Context.root(), strings, THEIR_GETTER);
    }
}
