package io.kraken.tracer.jcstress;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.DiscardSink;
import io.kraken.tracer.ring.RingExport;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** A setter and an end meet on a detached span: whoever comes first, the span is ended when both are done. */
@JCStressTest
@State
@Outcome(id = "false", expect = Expect.ACCEPTABLE, desc = "ended, by the ender or by the setter it met")
@Outcome(expect = Expect.FORBIDDEN, desc = "the setter has undone the end")
public class SpanEndRaceTest {

    private static final SpanName NAME = SpanName.of("race");
    private static final LongKey VALUE = Key.ofLong("value");
    private static final Tracer TRACER = Tracer.create(
            new TracerConfig().with(TracerConfig.FILE, TracerConfig.NO_FILE), new RingExport().sink(DiscardSink::new));

    private final Span span = TRACER.startDetached(NAME, SpanKind.INTERNAL);
    private final long spanId = span.spanId();

    @Actor
    public void setter() {
        span.set(VALUE, 1);
    }

    @Actor
    public void ender() {
        span.end();
    }

    @Arbiter
    public void arbiter(Z_Result result) {
        result.r1 = span.isRecording() && span.spanId() == spanId; // the object may serve another span by now
    }
}
