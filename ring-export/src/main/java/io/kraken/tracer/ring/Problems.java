package io.kraken.tracer.ring;

import io.kraken.tracer.ring.otlp.OtlpAnswer;
import java.util.HashSet;
import java.util.Set;

/**
 * Log of the problems of one destination: every distinct problem is logged once, and at most 32 of them, so that a
 * backend that is down for a day leaves a line or two. Counters record how often problems occur. One thread reports,
 * any thread may read the last problem.
 */
final class Problems {

    private static final System.Logger LOG = System.getLogger("io.kraken.tracer");
    private static final int MOST_LOGGED = 32;

    private final String destination;
    private final Set<String> logged = new HashSet<>();
    private volatile String last;

    Problems(String destination) {
        this.destination = destination;
    }

    /** Stores a problem without logging it, since a retry may succeed. */
    void note(String problem) {
        last = OtlpAnswer.tame(problem);
    }

    /** Stores a problem, and logs it when it is new. */
    void report(String problem) {
        final String tamed = OtlpAnswer.tame(problem);
        last = tamed;
        if (logged.size() < MOST_LOGGED && logged.add(tamed)) {
            LOG.log(System.Logger.Level.WARNING, destination + ": " + tamed);
        }
    }

    /** The last problem, as the end of a description; empty without one. */
    String suffix() {
        final String problem = last;
        return problem == null ? "" : ", last problem: " + problem;
    }
}
