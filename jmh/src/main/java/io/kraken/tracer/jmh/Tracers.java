package io.kraken.tracer.jmh;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.DiscardSink;
import io.kraken.tracer.ring.RingExport;
import java.time.Duration;

/** The tracer under test: configured as in a service, with exporter thread and encoder, except that nothing is sent. */
final class Tracers {

    private Tracers() {}

    /** Settings without the circuit breaker, since recording must go on when the machine is saturated on purpose. */
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
        Delivery.print(ledger);
        return delivery(ledger);
    }

    /** Throws unless every span is accounted for; dropped spans are reported with the figure. */
    static Delivery delivery(Ledger ledger) {
        if (ledger.lost() != 0 || ledger.open() != 0) {
            throw new IllegalStateException("the ledger does not balance: " + ledger + "\n" + ledger.details());
        }
        return new Delivery(ledger.shipped(), ledger.dropped() + ledger.rejected() + ledger.buffered());
    }
}
