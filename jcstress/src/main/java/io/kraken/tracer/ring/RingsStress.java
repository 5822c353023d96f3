package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Stress tests of the rings between the exporter and the recording threads. */
public class RingsStress {

    private static final int NONE = RecordSink.NONE;

    private RingsStress() {}

    /** Rings in which chunks are always scarce. */
    private static ChunkRings rings(int... chunks) {
        final ChunkRings rings = new ChunkRings(4, Integer.MAX_VALUE, () -> {});
        for (int chunk : chunks) {
            rings.give(chunk);
        }
        return rings;
    }

    @JCStressTest
    @State
    @Outcome(
            id = {"3, -1", "-1, 3"},
            expect = Expect.ACCEPTABLE,
            desc = "one of the two was first")
    @Outcome(expect = Expect.FORBIDDEN, desc = "claimed by both, or by neither")
    public static class OneChunk {
        private final ChunkRings rings = rings(3);

        @Actor
        public void first(II_Result result) {
            result.r1 = rings.claim();
        }

        @Actor
        public void second(II_Result result) {
            result.r2 = rings.claim();
        }
    }

    @JCStressTest
    @State
    @Outcome(
            id = {"3, 2", "2, 3"},
            expect = Expect.ACCEPTABLE,
            desc = "one after the other")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a chunk claimed by both, or none found although there were two")
    public static class TwoChunks {
        private final ChunkRings rings = rings(3, 2);

        @Actor
        public void first(II_Result result) {
            result.r1 = rings.claim();
        }

        @Actor
        public void second(II_Result result) {
            result.r2 = rings.claim();
        }
    }

    /** Results: the claimed chunk, and the chunk left at the head. */
    @JCStressTest
    @State
    @Outcome(id = "3, 2", expect = Expect.ACCEPTABLE, desc = "claimed first: the pass had no effect")
    @Outcome(id = "2, -1", expect = Expect.ACCEPTABLE, desc = "passed first: the next chunk was claimed")
    @Outcome(expect = Expect.FORBIDDEN, desc = "passed although it was claimed, which lost the next chunk")
    public static class PassMeetsClaim {
        private final ChunkRings rings = rings(3, 2);

        @Actor
        public void shares() {
            rings.pass(3);
        }

        @Actor
        public void claims(II_Result result) {
            result.r1 = rings.claim();
        }

        @Arbiter
        public void rest(II_Result result) {
            result.r2 = rings.share(0);
        }
    }

    /** Two threads have used up the same shared chunk. */
    @JCStressTest
    @State
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "passed once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "passed twice: the next chunk was lost")
    public static class PassMeetsPass {
        private final ChunkRings rings = rings(3, 2);

        @Actor
        public void one() {
            rings.pass(3);
        }

        @Actor
        public void other() {
            rings.pass(3);
        }

        @Arbiter
        public void rest(I_Result result) {
            result.r1 = rings.share(0);
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "-1, 3", expect = Expect.ACCEPTABLE, desc = "claimed before it was given: nothing found")
    @Outcome(id = "3, -1", expect = Expect.ACCEPTABLE, desc = "given first")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a position in the ring visible before its chunk")
    public static class GiveMeetsClaim {
        private final ChunkRings rings = rings();

        @Actor
        public void exporter() {
            rings.give(3);
        }

        @Actor
        public void claims(II_Result result) {
            result.r1 = rings.claim();
        }

        @Arbiter
        public void rest(II_Result result) {
            result.r2 = rings.claim();
        }
    }

    /**
     * The exporter takes the free records of a chunk that was passed in the ring: no thread finds it there any more.
     */
    @JCStressTest
    @State
    @Outcome(id = "0, 3", expect = Expect.ACCEPTABLE, desc = "checked before it was claimed")
    @Outcome(id = "1, 3", expect = Expect.ACCEPTABLE, desc = "claimed first")
    @Outcome(expect = Expect.FORBIDDEN, desc = "passed and still found at its position")
    public static class IsPassedMeetsClaim {
        private final ChunkRings rings = rings();
        private final long place = rings.give(3);

        @Actor
        public void claims(II_Result result) {
            result.r2 = rings.claim();
        }

        @Actor
        public void exporter(II_Result result) {
            final boolean passed = rings.isPassed(place);
            result.r1 = !passed ? 0 : rings.share(0) == NONE ? 1 : 9;
        }
    }

    /** Chunks circulate past the end of the rings, between two threads and the exporter. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "each had a chunk for itself")
    @Outcome(
            id = {"0, 1", "1, 0", "0, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "all other chunks were on their way back")
    @Outcome(
            expect = Expect.FORBIDDEN,
            desc = "a chunk claimed twice: read from a slot that the exporter was overwriting")
    public static class RoundAndRound {
        private static final ChunkRings RINGS = rings(0, 1, 2, 3);
        private static final AtomicIntegerArray HOLDERS = new AtomicIntegerArray(4);

        /** 0: no chunk; 1: owned it alone; 9: another thread owned it as well. */
        private static int hold(int chunk) {
            return chunk == NONE ? 0 : HOLDERS.compareAndSet(chunk, 0, 1) ? 1 : 9;
        }

        @Actor
        public void service(II_Result result) {
            final int chunk = RINGS.claim();
            result.r1 = hold(chunk);
            if (result.r1 == 1) {
                HOLDERS.set(chunk, 0);
                RINGS.usedUp(chunk);
            }
        }

        @Actor
        public void serviceAndExporter(II_Result result) {
            final int chunk = RINGS.claim();
            result.r2 = hold(chunk);
            if (result.r2 == 1) {
                HOLDERS.set(chunk, 0);
                RINGS.give(chunk);
            }
            for (int used = RINGS.nextUsedUp(); used != NONE; used = RINGS.nextUsedUp()) {
                RINGS.give(used);
            }
        }
    }

    /** Two threads report used-up chunks while the exporter reads the ring. */
    @JCStressTest
    @State
    @Outcome(
            id = {"-1, 3, 2", "-1, 2, 3"},
            expect = Expect.ACCEPTABLE,
            desc = "the first slot was claimed but not written yet: found later")
    @Outcome(
            id = {"3, 2, -1", "2, 3, -1"},
            expect = Expect.ACCEPTABLE,
            desc = "one was found, the other later")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a slot visible before its chunk, or one chunk overwritten")
    public static class UsedUpMeetsLook {
        private final ChunkRings rings = rings();

        @Actor
        public void service() {
            rings.usedUp(3);
        }

        @Actor
        public void serviceAndExporter(III_Result result) {
            rings.usedUp(2);
            result.r1 = rings.nextUsedUp();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r2 = rings.nextUsedUp();
            result.r3 = rings.nextUsedUp();
        }
    }
}
