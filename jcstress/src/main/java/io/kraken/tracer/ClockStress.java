package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A trace is recorded while somebody sets the wall clock, to and fro by a second: its spans stay in order. */
@JCStressTest
@State
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "each span inside its parent, whenever the clock was set")
@Outcome(
        id = "2",
        expect = Expect.ACCEPTABLE,
        desc = "the anchor is gone: the service slept while a thousand others came")
@Outcome(expect = Expect.FORBIDDEN, desc = "time ran backwards inside the trace")
public class ClockStress {

    private static final SpanName NAME = SpanName.of("stress");
    private static final long SECOND_NS = 1_000_000_000;
    private static final Service SERVICE = new Service();

    private static final class Service implements RecordSink {
        private final SpanFile file =
                SpanFile.anonymous(new SpanFileLayout(new SpanFileLayout.Shape(256, 64, 1, 4, 4096)));
        private final Recorder recorder;
        private final Tracer tracer;
        private final Anchors anchors = new Anchors(file.buffer(), file.layout().anchorsOffset());
        private boolean ahead;
        private boolean gone;
        private long start;
        private long end;

        Service() {
            final TracerConfig config = new TracerConfig().conclude();
            recorder = new Recorder(file, new NanoClock("a stress test"), config.limits(), Policy.EVERYTHING);
            recorder.attach(this);
            file.recording(true);
            tracer = Tracer.recording(recorder, new Governor(recorder, Governor.Settings.of(config)), config);
            setClock();
        }

        void setClock() {
            ahead = !ahead;
            final long now = recorder.clock.ticks();
            file.anchors().add(now, now + (ahead ? SECOND_NS : 0), 1.0);
        }

        int trace() {
            gone = false;
            final Span root = tracer.start(NAME);
            final Span child = tracer.start(NAME);
            child.end();
            final long childStart = start;
            final long childEnd = end;
            root.end();
            return gone ? 2 : start <= childStart && childStart <= childEnd && childEnd <= end ? 1 : 9;
        }

        @Override
        public int publish(int offset, int length, int lane, Throwable[] thrown) {
            gone |= !anchors.load(RecordLayout.anchor(recorder.buffer, offset));
            start = anchors.toEpochNs(RecordLayout.startTicks(recorder.buffer, offset));
            end = anchors.toEpochNs(RecordLayout.endTicks(recorder.buffer, offset));
            return 0;
        }

        @Override
        public long waiting() {
            return 0;
        }

        @Override
        public void close(long timeoutNs) {}

        @Override
        public String describe() {
            return "kept";
        }
    }

    @Actor
    public void timekeeper() {
        SERVICE.setClock();
    }

    @Actor
    public void service(I_Result result) {
        result.r1 = SERVICE.trace();
    }
}
