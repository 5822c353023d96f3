package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A trace is recorded while the wall clock is set back and forth by a second: its spans stay in order. */
@JCStressTest
@State
@Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no record was free")
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "each span is inside its parent")
@Outcome(
        id = "2",
        expect = Expect.ACCEPTABLE,
        desc = "the anchor was overwritten: the service was descheduled for a thousand others")
@Outcome(expect = Expect.FORBIDDEN, desc = "time ran backwards inside the trace")
public class ClockStress {

    private static final SpanName NAME = SpanName.of("stress");
    private static final long SECOND_NS = 1_000_000_000;
    private static final Service SERVICE = new Service();

    private static final class Service {
        private final StressTracer traced = new StressTracer(2);
        private final ByteBuffer records = traced.file.buffer();
        private final Anchors anchors =
                new Anchors(records, traced.file.layout().anchorsOffset());
        private boolean ahead;
        private long start;
        private long end;

        Service() {
            setClock();
        }

        void setClock() {
            ahead = !ahead;
            final long now = traced.recorder.clock.ticks();
            traced.recorder.anchor(traced.file.anchors().add(now, now + (ahead ? SECOND_NS : 0), 1.0));
        }

        int trace() {
            final Span root = traced.tracer.start(NAME);
            final Span child = traced.tracer.start(NAME);
            child.end();
            root.end();
            if (root == Span.NOOP || child == Span.NOOP) {
                return 0;
            }
            if (!read(child)) {
                return 2;
            }
            final long childStart = start;
            final long childEnd = end;
            return !read(root) ? 2 : start <= childStart && childStart <= childEnd && childEnd <= end ? 1 : 9;
        }

        /** Reads the times of a span; false when its anchor was overwritten. */
        private boolean read(Span span) {
            final int record = traced.home(span);
            final boolean found = anchors.load(RecordLayout.anchor(records, record));
            start = anchors.toEpochNs(RecordLayout.startTicks(records, record));
            end = anchors.toEpochNs(RecordLayout.endTicks(records, record));
            return found;
        }
    }

    @Actor
    public void setsClock() {
        SERVICE.setClock();
        SERVICE.traced.sweep();
    }

    @Actor
    public void service(I_Result result) {
        result.r1 = SERVICE.trace();
    }
}
