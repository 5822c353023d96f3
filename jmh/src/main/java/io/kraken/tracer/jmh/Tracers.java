package io.kraken.tracer.jmh;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.DiscardSink;
import io.kraken.tracer.ring.RingExport;
import java.time.Duration;

/**
 * The tracer that is measured: as a service would have it, exporter thread and encoder included, only that nothing
 * is sent.
 */
final class Tracers {

    private Tracers() {}

    /** Without the breaker: what saturates a machine on purpose is to be recorded. */
    static TracerConfig config(String clock) {
        return new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName("benchmark")
                .with(TracerConfig.CLOCK, clock);
    }

    static Tracer open(TracerConfig config) {
        return open(config, new RingExport().sink(DiscardSink::new));
    }

    static Tracer open(TracerConfig config, RingExport export) {
        final Tracer tracer = Tracer.create(config, export);
        if (!tracer.isEnabled()) {
            throw new IllegalStateException(tracer.describe());
        }
        return tracer;
    }

    static Delivery close(Tracer tracer) {
        final Ledger ledger = tracer.close(Duration.ofSeconds(10));
        Delivery.say(ledger);
        return delivery(ledger);
    }

    /** A figure counts only when every span is accounted for; what was dropped stands beside it. */
    static Delivery delivery(Ledger ledger) {
        if (ledger.lost() != 0 || ledger.open() != 0) {
            throw new IllegalStateException("the ledger does not close: " + ledger + "\n" + ledger.details());
        }
        return new Delivery(ledger.shipped(), ledger.dropped() + ledger.rejected() + ledger.buffered());
    }
}
