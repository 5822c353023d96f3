package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.RatiosMain.Side;
import java.util.Locale;
import java.util.Map;

/**
 * What ours may cost, as a part of what the OpenTelemetry SDK's costs in the same JVM. A limit is about 1.35 times what
 * was measured, so that what takes half as long again is caught; tighten it when ours gets cheaper. Measured on two
 * processors of a shared machine (EPYC), idle and beside two endless loops:
 *
 * <pre>
 *             | JDK 17, System.nanoTime | JDK 25, time stamp counter
 *             | measured       limit    | measured       limit
 *   KRAKEN    | 0.54 to 0.62   0.79     | 0.47 to 0.53   0.69
 *   BARE      | 0.44 to 0.52   0.63     | 0.33 to 0.40   0.49
 *   UNSAMPLED | 0.25 to 0.27   0.36     | 0.24 to 0.30   0.38
 *   DISABLED  | 0.15 to 0.17   0.22     | 0.16 to 0.20   0.26
 *   ENCODING  | 0.46 to 0.58   0.70     | 0.21 to 0.34   0.40
 * </pre>
 *
 * The first column is for every JVM that has to read {@code System.nanoTime}: ours is all the cheaper with the counter,
 * theirs is not.
 */
enum Gate {
    KRAKEN(Side.KRAKEN, Side.THEIR_KRAKEN, 0.79, 0.69),
    BARE(Side.BARE, Side.THEIR_BARE, 0.63, 0.49),
    UNSAMPLED(Side.UNSAMPLED, Side.THEIR_UNSAMPLED, 0.36, 0.38),
    DISABLED(Side.DISABLED, Side.THEIR_UNSAMPLED, 0.22, 0.26),
    ENCODING(Side.ENCODING, Side.THEIR_ENCODING, 0.70, 0.40);

    private final Side ours;
    private final Side theirs;
    private final double limitWithNanoTime;
    private final double limitWithCounter;

    Gate(Side ours, Side theirs, double limitWithNanoTime, double limitWithCounter) {
        this.ours = ours;
        this.theirs = theirs;
        this.limitWithNanoTime = limitWithNanoTime;
        this.limitWithCounter = limitWithCounter;
    }

    double limit(boolean counter) {
        return counter ? limitWithCounter : limitWithNanoTime;
    }

    double ratio(Map<Side, Double> times) {
        return times.get(ours) / times.get(theirs);
    }

    String describe(Map<Side, Double> times, boolean counter) {
        return String.format(Locale.ROOT, "%s %.3f of %.2f", this, ratio(times), limit(counter));
    }
}
