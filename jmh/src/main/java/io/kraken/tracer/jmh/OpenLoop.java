package io.kraken.tracer.jmh;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * A thread that runs steps at fixed times, whether or not the step before is late. Nothing is omitted when the machine
 * or the tracer stalls: steps that became due meanwhile are run late, and their response time counts from when they
 * were due. The time of the call alone is measured as well.
 */
final class OpenLoop {

    private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(120);
    private static final int DIGITS = 3;
    private static final int LATE_FACTOR = 3;

    private final Load load;
    private final double intervalNs;
    private final Histogram call = new Histogram(LONGEST_NS, DIGITS);
    private final Histogram response = new Histogram(LONGEST_NS, DIGITS);
    private long elapsedNs;

    OpenLoop(Load load, double perSecond) {
        this.load = load;
        this.intervalNs = TimeUnit.SECONDS.toNanos(1) / perSecond;
    }

    /**
     * Runs complete traces for about this time; with a load too high for the machine it ends after three times that.
     */
    void run(double seconds) {
        call.reset();
        response.reset();
        final long durationNs = (long) (seconds * TimeUnit.SECONDS.toNanos(1));
        final long traces = Math.max(1, (long) (durationNs / intervalNs) / Load.STEPS);
        final long begin = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1);
        final long giveUp = begin + LATE_FACTOR * durationNs;
        long now = begin;
        for (long trace = 0; trace < traces && now - giveUp < 0; trace++) {
            for (int step = 0; step < Load.STEPS; step++) {
                final long due = begin + (long) ((trace * Load.STEPS + step) * intervalNs);
                do {
                    now = System.nanoTime();
                } while (now - due < 0);
                load.step(step);
                final long end = System.nanoTime();
                call.recordValue(Math.min(LONGEST_NS, end - now));
                response.recordValue(Math.min(LONGEST_NS, end - due));
            }
        }
        elapsedNs = System.nanoTime() - begin;
    }

    Histogram call() {
        return call;
    }

    Histogram response() {
        return response;
    }

    long elapsedNs() {
        return elapsedNs;
    }
}
