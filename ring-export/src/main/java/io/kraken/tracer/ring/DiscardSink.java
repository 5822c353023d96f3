package io.kraken.tracer.ring;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.ring.otlp.OtlpEncoder;
import java.nio.ByteBuffer;

/**
 * A sink that encodes every span as OTLP, counts it as shipped and discards it: for benchmarks, and for tests of all
 * stages before the sink.
 */
public final class DiscardSink implements BatchSink {

    private final Counters counters;
    private final OtlpEncoder encoder;
    private final ByteBuffer out;

    public DiscardSink(RingExport.Environment environment) {
        counters = environment.file().counters();
        encoder = new OtlpEncoder(environment.file(), environment.config().resource());
        out = encoder.newBuffer(environment.config().get(ExportSettings.OTLP_REQUEST_BYTES));
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        while (!batch.isEmpty()) {
            final int spans = encoder.encode(batch, out);
            counters.add(Counter.SHIPPED, spans);
            counters.add(Counter.BYTES_SENT, out.remaining());
        }
    }

    @Override
    public String describe() {
        return "discard: spans are encoded and discarded";
    }
}
