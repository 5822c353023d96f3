package io.kraken.tracer;

import io.kraken.tracer.text.Utf8Scratch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Stress tests of objects that spans borrow briefly: one thread uses each at a time. */
public class PoolsStress {

    private PoolsStress() {}

    /** 0: the scratch was in use; 1: the text was encoded correctly; 9: it was mixed with the other text. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "one after the other")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the first found it in use and uses another buffer")
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the second found it in use and uses another buffer")
    @Outcome(expect = Expect.FORBIDDEN, desc = "used by both at once")
    public static class SharedScratch {
        private final Utf8Scratch scratch = new Utf8Scratch();

        private int encode(String text) {
            if (!scratch.tryHold(Thread.currentThread().getId())) {
                return 0;
            }
            final int bytes = scratch.encode(text, text.length());
            int right = 0;
            for (int i = 0; i < bytes; i++) {
                right += scratch.bytes[i] == text.charAt(i) ? 1 : 0;
            }
            scratch.release();
            return right == text.length() ? 1 : 9;
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = encode("the first thread's");
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = encode("THE SECOND THREAD'S");
        }
    }

    /** Two spans outgrow their records at the same time. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "each had an area for itself")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an area given to both, or none although some were free")
    public static class SpillAreasOfTwo {
        private static final StressTracer TRACED = new StressTracer(2);
        private static final SpillAreas AREAS = TRACED.recorder.spills;
        private static final AtomicLongArray HOLDERS = new AtomicLongArray(64);

        private static boolean takeAndRelease() {
            final SpillAreas.Area area = AREAS.take(TRACED.recorder.thread());
            final int which = area == null
                    ? 0
                    : (int) ((area.address - TRACED.file.memory().address(0)) >>> 12) & 63;
            if (area == null || !HOLDERS.compareAndSet(which, 0, 1)) {
                return false;
            }
            HOLDERS.set(which, 0);
            AREAS.release(area);
            return true;
        }

        @Actor
        public void one(ZZ_Result result) {
            result.r1 = takeAndRelease();
        }

        @Actor
        public void other(ZZ_Result result) {
            result.r2 = takeAndRelease();
        }
    }

    /** Two spans record an exception each. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "each had an empty place for itself")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a place given to both, or not empty")
    public static class ThrownOfTwo {
        private static final ThrownPool POOL = new ThrownPool();
        private static final AtomicIntegerArray HOLDERS = new AtomicIntegerArray(1 << 16);

        private static boolean takeAndRelease() {
            final int place = POOL.take();
            if (place == ThrownPool.NONE || !HOLDERS.compareAndSet(place, 0, 1)) {
                return false;
            }
            final boolean empty = POOL.at(place)[0] == null;
            POOL.at(place)[0] = Expected.ONE;
            HOLDERS.set(place, 0);
            POOL.release(place);
            return empty;
        }

        private static final class Expected {
            private static final Throwable ONE = new IllegalStateException("expected");
        }

        @Actor
        public void one(ZZ_Result result) {
            result.r1 = takeAndRelease();
        }

        @Actor
        public void other(ZZ_Result result) {
            result.r2 = takeAndRelease();
        }
    }
}
