package io.kraken.tracer.ring;

import java.util.HashSet;
import java.util.Set;

/**
 * What goes wrong on the way to a destination: every distinct problem is logged once, and only so many of them, so that
 * a backend that is down for a day leaves a line or two. Counters say how often. One thread reports, any thread may
 * read the last one.
 */
final class Problems {

    private static final System.Logger LOG = System.getLogger("io.kraken.tracer");
    private static final int MOST_LOGGED = 32;

    private final String where;
    private final Set<String> logged = new HashSet<>();
    private volatile String last;

    Problems(String where) {
        this.where = where;
    }

    /** Remembers what happened without logging it: it may still turn out well. */
    void note(String problem) {
        last = OtlpAnswer.tame(problem);
    }

    void report(String problem) {
        final String tamed = OtlpAnswer.tame(problem);
        last = tamed;
        if (logged.size() < MOST_LOGGED && logged.add(tamed)) {
            LOG.log(System.Logger.Level.WARNING, where + ": " + tamed);
        }
    }

    /** For the end of a description; empty while nothing has happened. */
    String suffix() {
        final String problem = last;
        return problem == null ? "" : ", last problem: " + problem;
    }
}
