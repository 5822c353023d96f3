package io.kraken.tracer;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The source of randomness of ids: a random seed of the process, combined with a number that is unique to each thread.
 * Not the thread's own id: a program may override it, and it repeats when thread locals have been erased.
 */
final class Ids {

    static final long GOLDEN_GAMMA = 0x9E37_79B9_7F4A_7C15L;

    private final long seed0;
    private final long seed1;
    private final AtomicLong threads = new AtomicLong();

    Ids() {
        final SecureRandom random = new SecureRandom();
        seed0 = random.nextLong();
        seed1 = random.nextLong();
    }

    long nextThread() {
        return threads.incrementAndGet();
    }

    long seed0() {
        return seed0;
    }

    long seed1() {
        return seed1;
    }

    /** A bijection that spreads every input bit over the whole word (Stafford's variant 13). */
    static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }
}
