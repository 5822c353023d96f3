package io.kraken.tracer.file;

import io.kraken.tracer.jcstress.Memory;
import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Clock anchors between the one thread that adds them and others that read. Each has the same number for ticks and
 * for time, and a rate of one: time is what the ticks are, unless two anchors were mixed.
 */
public class AnchorsStress {

    private static final int LENGTH = SpanFileLayout.ANCHORS_LENGTH;
    private static final int GONE = 0;
    private static final int WHOLE = 1;
    private static final int ALL_GONE = 2;
    private static final int MIXED = 9;

    private AnchorsStress() {}

    /** One ring for all states: every state adds one anchor to it, and reads one. */
    private static final class Ring {
        private final ByteBuffer memory = Memory.zeroed(LENGTH);
        private final Anchors writer = new Anchors(memory, 0);
        private final Anchors reader = new Anchors(memory, 0);
        private long next = 1;

        Ring() {
            for (int i = 0; i < SpanFileLayout.ANCHORS; i++) {
                add();
            }
        }

        void add() {
            final long number = next++ << 32 | 1;
            writer.add(number, number, 1.0);
        }

        int newest() {
            return writer.current();
        }

        int read(int sequence) {
            final boolean there = reader.load(sequence);
            final long ticks = (sequence + 1L) << 32 | 1;
            final long time = reader.toEpochNs(ticks);
            if (time == Anchors.NO_TIME) {
                return ALL_GONE;
            }
            final boolean maybeGone = newest() - sequence > SpanFileLayout.ANCHORS / 2;
            return time != ticks || !there && !maybeGone ? MIXED : there ? WHOLE : GONE;
        }
    }

    /** The sequence number that a new span takes up leads to its anchor. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the anchor stood in the ring before its number was known")
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "the reader slept while a thousand others came")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "and slept again while it looked for another one")
    @Outcome(expect = Expect.FORBIDDEN, desc = "half an anchor")
    public static class Newest {
        private static final Ring RING = new Ring();

        @Actor
        public void writer() {
            RING.add();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = RING.read(RING.newest());
        }
    }

    /** The oldest anchor, the one that is overwritten next. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "read before it was overwritten")
    @Outcome(
            id = "0",
            expect = Expect.ACCEPTABLE,
            desc = "overwritten meanwhile, known to be gone: another one is used")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "all were overwritten while the reader slept: no time")
    @Outcome(expect = Expect.FORBIDDEN, desc = "half an anchor")
    public static class Oldest {
        private static final Ring RING = new Ring();

        @Actor
        public void writer() {
            RING.add();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = RING.read(RING.newest() - SpanFileLayout.ANCHORS + 1);
        }
    }
}
