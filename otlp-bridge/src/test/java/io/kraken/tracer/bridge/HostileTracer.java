package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** A tracer of the hostile application with the application's own count of started spans. */
final class HostileTracer {

    final String service;
    final Tracer tracer;
    private final LongAdder asked = new LongAdder();
    private final LongAdder started = new LongAdder();

    HostileTracer(TracerConfig config) {
        this(Tracer.create(config), config);
        assertTrue(tracer.isEnabled(), tracer::describe);
    }

    private HostileTracer(Tracer tracer, TracerConfig config) {
        this.tracer = tracer;
        this.service = config.serviceName(); // set when the tracer is created
    }

    /** A disabled tracer, for the application without tracing. */
    static HostileTracer untraced() {
        return new HostileTracer(Tracer.disabled(), new TracerConfig());
    }

    Span start(SpanName name) {
        asked.increment();
        final Span span = tracer.start(name);
        started.increment();
        return span;
    }

    Span startDetached(SpanName name) {
        asked.increment();
        final Span span = tracer.startDetached(name, SpanKind.INTERNAL);
        started.increment();
        return span;
    }

    /** Counts calls of which some may have been aborted by an error of the JVM. */
    void counted(long calls, long returned) {
        asked.add(calls);
        started.add(returned);
    }

    long count(Counter counter) {
        return tracer.file().counters().get(counter);
    }

    String describe() {
        return service + ": the application asked for " + asked.sum() + " and got " + started.sum() + " spans; "
                + tracer.ledger() + '\n' + tracer.ledger().details() + tracer.describe();
    }

    /** Closes the tracer and checks its ledger. @return the number of spans counted as shipped */
    long close(long timeoutMillis) {
        final Ledger ledger = tracer.close(Duration.ofMillis(timeoutMillis));
        assertEquals(0, ledger.lost(), this::describe);
        assertTrue(ledger.started() >= started.sum() && ledger.started() <= asked.sum(), this::describe);
        assertEquals(
                ledger.published(),
                ledger.shipped() + ledger.notKept() + ledger.rejected() + ledger.buffered(),
                this::describe);
        return ledger.shipped();
    }
}
