package io.kraken.tracer.sampling;

import io.kraken.tracer.TraceContext;
import java.util.SplittableRandom;

/** Calls of a sampler, and their results. */
final class Ask {

    static final int NO_SYMBOL = -1;

    /** The randomness of the trace that a share samples last, and of the one that it samples first. */
    static final long LEAST = 0;

    static final long MOST = Threshold.NEVER - 1;

    /** The decision as a word: sampled, recorded, dropped. */
    static String about(Sampler sampler, TraceContext parent, long randomness, String name, String path) {
        return word(sampler.decide(parent, randomness, NO_SYMBOL, name, path));
    }

    static String word(long decision) {
        return Decision.isSampled(decision) ? "sampled" : Decision.isRecorded(decision) ? "recorded" : "dropped";
    }

    /** How many of this many new traces are sampled. */
    static int sampled(Sampler sampler, int traces, long seed) {
        return sampled(sampler, traces, seed, NO_SYMBOL, "operation");
    }

    static int sampled(Sampler sampler, int traces, long seed, int symbol, String name) {
        final SplittableRandom random = new SplittableRandom(seed);
        int count = 0;
        for (int i = 0; i < traces; i++) {
            if (Decision.isSampled(sampler.decide(null, random.nextLong(Threshold.NEVER), symbol, name, null))) {
                count++;
            }
        }
        return count;
    }

    private Ask() {}
}
