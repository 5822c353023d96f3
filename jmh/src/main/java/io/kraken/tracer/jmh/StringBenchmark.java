package io.kraken.tracer.jmh;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Scope;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.Blackhole;

/**
 * A span with one string value. This tracer copies its bytes while the span is open; the OpenTelemetry SDK keeps a
 * reference and encodes it on its exporter's thread. The floor is a span without it: {@link SpanBenchmark#bare}.
 */
public class StringBenchmark extends Suite {

    private static final SpanName NAME = SpanName.of("agent.download_blob");
    private static final StringKey VALUE = Key.ofString("value");
    private static final AttributeKey<String> OPEN_TELEMETRY_VALUE = AttributeKey.stringKey("value");

    /** Values of one kind, as different objects each time. */
    @State(org.openjdk.jmh.annotations.Scope.Thread)
    public static class Values {

        private static final int COUNT = 64;

        @Param({"8", "64", "256"})
        public int length;

        /** ASCII; Latin-1 with one character in eight above ASCII; one character in eight that is not Latin-1. */
        @Param({"ascii", "latin1", "wide"})
        public String characters;

        private final String[] values = new String[COUNT];
        private int current;

        @Setup
        public void setUp() {
            final char special = characters.equals("ascii") ? 'e' : characters.equals("latin1") ? '\u00e9' : '\u2192';
            for (int i = 0; i < COUNT; i++) {
                final StringBuilder text = new StringBuilder(length);
                for (int k = 0; k < length; k++) {
                    text.append((i + k) % 8 == 0 ? special : (char) ('a' + (i + k) % 26));
                }
                values[i] = text.toString();
            }
        }

        String next() {
            current = (current + 1) & (COUNT - 1);
            return values[current];
        }
    }

    private Peer peer;
    private Tracer tracer;
    private io.opentelemetry.api.trace.Tracer openTelemetry;

    @Setup
    public void setUp(BenchmarkParams trial) {
        open(trial.getBenchmark().endsWith(".openTelemetry"));
    }

    void open(boolean theirs) {
        if (theirs) {
            final OpenTelemetryPeer opened = Aging.aged(OpenTelemetryPeer.discarding());
            openTelemetry = opened.tracer();
            peer = opened;
        } else {
            tracer = Tracers.open(Tracers.config("auto"));
            peer = Aging.aged(new KrakenPeer(tracer));
        }
    }

    @TearDown
    public void tearDown(BenchmarkParams trial) {
        close().report(trial);
    }

    Delivery close() {
        return peer.close();
    }

    @Benchmark
    public void kraken(Values values) {
        try (Span span = tracer.start(NAME, SpanKind.SERVER)) {
            span.set(VALUE, values.next());
            Blackhole.consumeCPU(work);
        }
    }

    @Benchmark
    public void openTelemetry(Values values) {
        final io.opentelemetry.api.trace.Span span = openTelemetry
                .spanBuilder("agent.download_blob")
                .setSpanKind(io.opentelemetry.api.trace.SpanKind.SERVER)
                .startSpan();
        try (Scope scope = span.makeCurrent()) {
            span.setAttribute(OPEN_TELEMETRY_VALUE, values.next());
            Blackhole.consumeCPU(work);
        } finally {
            span.end();
        }
    }
}
