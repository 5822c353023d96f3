package io.kraken.tracer.file;

import io.kraken.tracer.jcstress.StateMemory;
import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Stress tests of clock anchors, between the one thread that adds them and the readers. Each anchor has the same number
 * for ticks and for time, and a rate of one, so the time equals the ticks unless two anchors were mixed.
 */
public class AnchorsStress {

    private static final int LENGTH = SpanFileLayout.ANCHORS_LENGTH;
    private static final int GONE = 0;
    private static final int WHOLE = 1;
    private static final int ALL_GONE = 2;
    private static final int MIXED = 9;

    private AnchorsStress() {}

    /** One ring for all states: every state adds one anchor and reads one. */
    private static final class Ring {
        private final ByteBuffer memory = StateMemory.zeroed(LENGTH);
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

    /** The sequence number stored in a new span identifies a complete anchor. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the anchor was written before its number was published")
    @Outcome(
            id = "0",
            expect = Expect.ACCEPTABLE,
            desc = "the reader was descheduled while a thousand anchors were added")
    @Outcome(
            id = "2",
            expect = Expect.ACCEPTABLE,
            desc = "and was descheduled again while it searched for another anchor")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture of two anchors")
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

    /** Reads the oldest anchor, which is overwritten next. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "read before it was overwritten")
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "overwritten meanwhile and detected: another anchor is used")
    @Outcome(
            id = "2",
            expect = Expect.ACCEPTABLE,
            desc = "all were overwritten while the reader was descheduled: no time")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture of two anchors")
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
