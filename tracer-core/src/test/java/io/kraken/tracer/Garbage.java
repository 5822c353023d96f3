package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * Measures the allocation of work on its thread.
 *
 * <p>The smallest of several rounds counts: the JVM charges some allocations of its own to whatever thread runs at that
 * moment (a call site is linked, a method is deoptimised), in one round or another; allocations of the work itself
 * occur in every round, at least 16 bytes each time, millions of bytes a round.
 */
public final class Garbage {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UP = 30_000;
    private static final int TIMES = 200_000;
    private static final int ROUNDS = 20;

    private static final boolean SEEN = isSeen();

    private Garbage() {}

    public static void assertNone(Runnable work) {
        assertTrue(SEEN, "the measurement does not detect allocation");
        allocated(WARM_UP, work); // loads classes, compiles, creates what is made once per thread and pooled object
        long least = Long.MAX_VALUE;
        for (int i = 0; i < ROUNDS && least != 0; i++) {
            least = Math.min(least, allocated(TIMES, work));
        }
        assertEquals(0, least, "bytes allocated in " + TIMES + " times");
    }

    private static long allocated(int times, Runnable work) {
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < times; i++) {
            work.run();
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private static boolean isSeen() {
        final Object[] kept = new Object[1];
        return allocated(1_000, () -> kept[0] = new byte[16]) >= 32_000 && kept[0] != null;
    }
}
