package io.kraken.tracer.jcstress;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.DiscardSink;
import io.kraken.tracer.ring.RingExport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A thread uses a span that belongs to another one, which ends it meanwhile: nothing is thrown. Of so few records none
 * is a thread's own, so that their spans forget their thread when they end.
 */
@JCStressTest
@State
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "the span was not there yet")
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "called while it was open, was ending, or had ended")
@Outcome(expect = Expect.FORBIDDEN, desc = "the call threw")
public class StaleSpanTest {

    private static final SpanName NAME = SpanName.of("race");
    private static final LongKey VALUE = Key.ofLong("value");
    private static final Tracer TRACER = Tracer.create(
            new TracerConfig().with(TracerConfig.FILE, TracerConfig.NO_FILE).with(TracerConfig.STAGING_RECORDS, 64),
            new RingExport().sink(DiscardSink::new));

    private Span shared;

    @Actor
    public void owner() {
        final Span span = TRACER.start(NAME);
        shared = span;
        span.end();
    }

    @Actor
    public void other(I_Result result) {
        final Span span = shared;
        if (span == null) {
            return;
        }
        try {
            span.set(VALUE, 1).end();
            result.r1 = 1;
        } catch (Throwable e) {
            result.r1 = -1;
        }
    }
}
