package io.kraken.tracer;

import io.kraken.tracer.clock.NanoClock;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Stress tests of claiming the records of a chunk, all at once or one by one: each record goes to one thread. */
public class ChunksStress {

    private static final SpanName NAME = SpanName.of("stress");

    private ChunksStress() {}

    /** One chunk per state, with two free records, which every lookup in the rings finds once. */
    abstract static class TwoFree {
        private static final int CHUNKS = 2048;
        private static final long FREE = 0b110;

        private static final SpanFile FILE = StressTracer.newFile(CHUNKS);
        private static final SpanFileLayout LAYOUT = FILE.layout();
        private static final Memory MEMORY = FILE.memory();
        private static final Recorder RECORDER = new Recorder(
                FILE,
                new NanoClock("a stress test"),
                new TracerConfig().conclude().limits(),
                RecordingPolicy.EVERYTHING,
                new Recorder.Full(0, false));
        private static final AtomicInteger NEXT = new AtomicInteger();
        /** The chunk that a thread finds in the rings. */
        private static final ThreadLocal<int[]> FOUND = ThreadLocal.withInitial(() -> new int[1]);

        static {
            RECORDER.attach(new OneForEach());
        }

        private final int chunk = NEXT.getAndIncrement() & CHUNKS - 1;
        private final long at = MEMORY.address(LAYOUT.freeOffset(chunk));
        private final ThreadState one = new ThreadState(RECORDER.ids(), true);
        private final ThreadState other = new ThreadState(RECORDER.ids(), true);
        /** Limits the number of states to fewer than the chunks. */
        @SuppressWarnings("unused")
        private final byte[] ballast = new byte[1 << 18];

        TwoFree() {
            MEMORY.putLongRelease(at, FREE);
        }

        private int claimAll(ThreadState thread) {
            FOUND.get()[0] = chunk;
            return RECORDER.chunks.ownRecord(thread) == Chunks.NONE ? 0 : (int) thread.claimed;
        }

        final int claimAll() {
            return claimAll(one);
        }

        final int otherClaimsAll() {
            return claimAll(other);
        }

        final int claimOne() {
            FOUND.get()[0] = chunk;
            final int record = RECORDER.chunks.sharedRecord(other);
            return record == Chunks.NONE ? 0 : 1 << SpanFileLayout.numberOf(record);
        }

        final int left() {
            return (int) MEMORY.getLongAcquire(at);
        }

        private static final class OneForEach implements RecordSink {
            @Override
            public int claim() {
                final int chunk = FOUND.get()[0];
                FOUND.get()[0] = NONE;
                return chunk;
            }

            @Override
            public int share(int number) {
                return FOUND.get()[0];
            }

            @Override
            public void pass(int chunk) {
                FOUND.get()[0] = NONE;
            }

            @Override
            public void usedUp(int chunk) {}

            @Override
            public void nudge() {}

            @Override
            public double occupancy() {
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
                return "one chunk for each";
            }
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "6, 0, 0", expect = Expect.ACCEPTABLE, desc = "the owner was first")
    @Outcome(id = "4, 2, 0", expect = Expect.ACCEPTABLE, desc = "the other thread was first: the owner has the rest")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record claimed by both threads, or by none")
    public static class AllMeetsOne extends TwoFree {
        @Actor
        public void owner(III_Result result) {
            result.r1 = claimAll();
        }

        @Actor
        public void other(III_Result result) {
            result.r2 = claimOne();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = left();
        }
    }

    /** The second thread claimed the chunk when it was free before, and is late. */
    @JCStressTest
    @State
    @Outcome(
            id = {"6, 0, 0", "0, 6, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "the first thread has all records")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record claimed by both threads, or by none")
    public static class AllMeetsAll extends TwoFree {
        @Actor
        public void owner(III_Result result) {
            result.r1 = claimAll();
        }

        @Actor
        public void other(III_Result result) {
            result.r2 = otherClaimsAll();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = left();
        }
    }

    @JCStressTest
    @State
    @Outcome(
            id = {"2, 4, 0", "4, 2, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "one after the other")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record claimed by both threads, or by none")
    public static class OneMeetsOne extends TwoFree {
        @Actor
        public void one(III_Result result) {
            result.r1 = claimOne();
        }

        @Actor
        public void other(III_Result result) {
            result.r2 = claimOne();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = left();
        }
    }

    /** Real rings of four chunks, of which the observed thread may own one and have a second one as its next. */
    abstract static class FourChunks {
        private static final int CHUNKS = 4;
        private static final int RECORDS = CHUNKS * SpanFileLayout.CHUNK_RECORDS;

        final StressTracer traced = new StressTracer(CHUNKS);
        final Chunks chunks = traced.recorder.chunks;
        final ThreadState owner = chunks.register(traced.recorder);

        /** Number of records that no thread has, or that two have. */
        final int astray() {
            final int used = Long.bitCount(owner.claimed ^ owner.free);
            return RECORDS - used - Long.bitCount(owner.free) - Long.bitCount(owner.takeNext()) - traced.startAll(NAME);
        }
    }

    /** The thread uses up its chunk while the exporter claims the next one for it. */
    @JCStressTest
    @State
    @Outcome(
            id = "1, -1, 64",
            expect = Expect.ACCEPTABLE,
            desc = "continued with the chunk that the exporter had claimed for it")
    @Outcome(id = "1, 2, 64", expect = Expect.ACCEPTABLE, desc = "claimed one itself, then the exporter another")
    @Outcome(
            id = "2, 1, 64",
            expect = Expect.ACCEPTABLE,
            desc = "claimed one itself while the exporter claimed another")
    @Outcome(expect = Expect.FORBIDDEN, desc = "records owned twice, or lost besides those of the chunk it has left")
    public static class FeedMeetsRenew extends FourChunks {
        public FeedMeetsRenew() {
            chunks.ownRecord(owner);
            owner.free = 0;
        }

        @Actor
        public void service() {
            chunks.ownRecord(owner);
        }

        @Actor
        public void exporter() {
            chunks.feed();
        }

        @Arbiter
        public void result(III_Result result) {
            result.r1 = SpanFileLayout.chunkOf(owner.firstRecord);
            result.r2 = owner.nextChunk();
            result.r3 = astray();
        }
    }

    /** The thread has claimed a chunk's position in the ring, but not yet its records, when the exporter sweeps. */
    @JCStressTest
    @State
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "the thread owns the chunk")
    @Outcome(
            id = "1, 0",
            expect = Expect.ACCEPTABLE,
            desc = "the exporter took it back first: the thread used the next one")
    @Outcome(expect = Expect.FORBIDDEN, desc = "records owned twice, or lost")
    public static class TakeBackMeetsClaimAll extends FourChunks {
        @Actor
        public void service() {
            chunks.ownRecord(owner);
        }

        @Actor
        public void exporter() {
            traced.sweep();
        }

        @Arbiter
        public void result(II_Result result) {
            result.r1 = SpanFileLayout.chunkOf(owner.firstRecord) == 0 || owner.nextChunk() == 0 ? 0 : 1;
            traced.sweep(); // gives the chunk out again
            result.r2 = astray();
        }
    }

    /** A thread dies after it has begun one span of its chunk, while it has a next chunk. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "its span was found, all other records are free again")
    @Outcome(expect = Expect.FORBIDDEN, desc = "its span or its chunks are lost")
    public static class DeadThread extends FourChunks {
        public DeadThread() {
            owner.clear(); // leaves the slot to the dying thread
            traced.sweep();
        }

        @Actor
        public void service() {
            final Thread thread = new Thread(() -> traced.tracer.start(NAME).end());
            thread.start();
            while (thread.isAlive()) {
                Thread.onSpinWait();
            }
        }

        @Actor
        public void exporter() {
            traced.sweep();
            traced.sweep();
        }

        @Arbiter
        public void result(II_Result result) {
            for (int i = 0; i < 4; i++) {
                traced.sweep();
            }
            result.r1 = (int) traced.sink.taken;
            result.r2 = astray();
        }
    }

    /** Two new threads, and only one slot for a thread that owns chunks. */
    @JCStressTest
    @State
    @Outcome(
            id = {"0, -1", "-1, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "one of them may own a chunk, the other may not")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both may, or neither")
    public static class NewThreads {
        private final StressTracer traced = new StressTracer(FourChunks.CHUNKS);

        private int slot() {
            return traced.recorder.chunks.register(traced.recorder).slot;
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = slot();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = slot();
        }
    }

    /** The first-level lookup of a thread's state, a table that other threads write to as well, without ordering. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "each found its own state")
    @Outcome(expect = Expect.FORBIDDEN, desc = "found the state of another thread")
    public static class OwnState {
        private static final StressTracer TRACED = new StressTracer(16);

        private static boolean isOwn() {
            final ThreadState state = TRACED.recorder.thread();
            return state.get() == Thread.currentThread() && state.id == ThreadIds.current();
        }

        @Actor
        public void one(ZZ_Result result) {
            result.r1 = isOwn();
        }

        @Actor
        public void other(ZZ_Result result) {
            result.r2 = isOwn();
        }
    }
}
