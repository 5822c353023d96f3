package io.kraken.tracer;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Stress tests of a span that its own thread and another one end at the same time. */
public class ForeignEndStress {

    private static final SpanName NAME = SpanName.of("stress");
    private static final LongKey VALUE = Key.ofLong("value");
    private static final LongKey OTHER = Key.ofLong("other");
    private static final int CHUNKS = 1024;

    private ForeignEndStress() {}

    /** A thread sets attributes of its span, and ends it, which another thread does as well. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "its own end was first, or the only one")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the other end was first, after at most one attribute")
    @Outcome(
            id = "1, 2",
            expect = Expect.ACCEPTABLE,
            desc = "the other end was first or concurrent, and both attributes are set")
    @Outcome(expect = Expect.FORBIDDEN, desc = "not ended, ended twice, written after that, or still current")
    public static class OwnerWithChunk extends TwoEnds {
        private static final StressTracer TRACED = new StressTracer(CHUNKS);

        @Actor
        public void owner() {
            setAndEnd(TRACED);
        }

        @Actor
        public void other() {
            endTheOthers();
        }

        @Arbiter
        public void result(II_Result result) {
            look(TRACED, result);
        }
    }

    /** The same for a thread that may not own a chunk: after the end of its span its thread is unknown. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "its own end was first, or the only one")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the other end was first, after at most one attribute")
    @Outcome(
            id = "1, 2",
            expect = Expect.ACCEPTABLE,
            desc = "the other end was first or concurrent, and both attributes are set")
    @Outcome(expect = Expect.FORBIDDEN, desc = "not ended, ended twice, written after that, or still current")
    public static class OwnerWithoutChunk extends TwoEnds {
        private static final StressTracer TRACED = new StressTracer(2);

        @Actor
        public void owner() {
            setAndEnd(TRACED);
        }

        @Actor
        public void other() {
            endTheOthers();
        }

        @Arbiter
        public void result(II_Result result) {
            look(TRACED, result);
        }
    }

    /** A thread sets attributes of its span, and ends it, which another thread does as well. */
    abstract static class TwoEnds {
        private static final int ATTRIBUTE = 12;

        private volatile Span shared;
        private boolean isCurrent;
        private boolean isRefused;

        final void setAndEnd(StressTracer traced) {
            final Span span = traced.begun(() -> traced.tracer.start(NAME, SpanKind.INTERNAL, null));
            shared = span;
            span.set(VALUE, 1).set(OTHER, 2).end();
            isCurrent = traced.tracer.currentContext() != null;
        }

        final void endTheOthers() {
            final Span span = shared;
            if (span != null) {
                span.end();
                isRefused = true;
            }
        }

        final void look(StressTracer traced, II_Result result) {
            final ByteBuffer buffer = traced.file.buffer();
            final int home = traced.home(shared);
            final int written = RecordLayout.length(buffer, home) - RecordLayout.HEADER_LENGTH;
            final boolean whole = written == 0 || written == ATTRIBUTE || written == 2 * ATTRIBUTE;
            final boolean done = RecordLayout.state(RecordLayout.commitWord(buffer, home)) == RecordLayout.DONE
                    && RecordLayout.endTicks(buffer, home) >= RecordLayout.startTicks(buffer, home);
            result.r1 = done && whole && !isCurrent ? 1 : 0;
            result.r2 = !isRefused ? 0 : written < 2 * ATTRIBUTE ? 1 : 2;
        }
    }
}
