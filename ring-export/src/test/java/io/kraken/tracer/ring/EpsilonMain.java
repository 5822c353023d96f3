package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import java.time.Duration;

/** Program that records and encodes millions of spans, run without a garbage collector. */
final class EpsilonMain {

    static final int SPANS = 20_000_000;

    private static final SpanName REQUEST = SpanName.of("request");
    private static final SpanName QUERY = SpanName.of("query");
    private static final Key.StringKey PATH = Key.ofString("url.path");
    private static final Key.LongKey SIZE = Key.ofLong("size");
    private static final Key.BooleanKey CACHED = Key.ofBoolean("cached");

    private EpsilonMain() {}

    public static void main(String[] args) {
        final Tracer tracer = Tracer.create(
                new TracerConfig()
                        .with(TracerConfig.BREAKER_ENABLED, false)
                        .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                        .with(TracerConfig.FULL_WAIT_MICROS, 1_000_000),
                new RingExport().sink(DiscardSink::new));
        for (int i = 0; i < SPANS / 2; i++) {
            try (Span request = tracer.start(REQUEST, SpanKind.SERVER)) {
                request.set(PATH, "/v2/blobs/large").set(SIZE, i);
                if ((i & 0xFF) == 0) {
                    request.event(QUERY).set(SIZE, i);
                    request.error("größer als erlaubt");
                }
                tracer.start(QUERY, SpanKind.CLIENT).set(CACHED, true).end();
            }
        }
        final Ledger end = tracer.close(Duration.ofSeconds(60));
        final Runtime runtime = Runtime.getRuntime();
        System.out.println("shipped " + end.shipped() + ", started " + end.started() + ", lost " // allow:console output
                + end.lost() + ", dropped " + end.dropped() + ", buffered " + end.buffered() + ", heap used "
                + (runtime.totalMemory() - runtime.freeMemory()));
    }
}
