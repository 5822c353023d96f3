package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.RatiosMain.Side;
import java.util.Locale;
import java.util.Map;

/**
 * What ours may cost, as a part of what the OpenTelemetry SDK's costs in the same JVM. A limit is about a third above
 * what is usual; tighten it when ours gets cheaper. Measured in 4 to 5 JVMs of each JDK on two processors of a shared
 * machine (Xeon), other builds running beside some of them:
 *
 * <pre>
 *             | JDK 17, System.nanoTime        | JDK 25, time stamp counter
 *             | measured       usual  limit    | measured       usual  limit
 *   KRAKEN    | 0.35 to 0.38   0.36   0.50     | 0.27 to 0.30   0.28   0.40
 *   BARE      | 0.48 to 0.53   0.49   0.58     | 0.40 to 0.47   0.44   0.58
 *   UNSAMPLED | 0.15 to 0.19   0.17   0.24     | 0.14 to 0.17   0.15   0.21
 *   DISABLED  | 0.09 to 0.13   0.11   0.16     | 0.08 to 0.09   0.09   0.14
 *   ENCODING  | 0.46 to 1.13   0.46   0.72     | 0.33 to 0.34   0.33   0.46
 * </pre>
 *
 * On JDK 17 the compiler sometimes makes less of the encoder (0.73 and 1.13 in one series), which is what the test has
 * attempts for.
 *
 * <p>The first limit holds wherever {@code System.nanoTime} has to be read: the counter makes ours cheaper, not theirs.
 */
enum Gate {
    KRAKEN(Side.KRAKEN, Side.THEIR_KRAKEN, 0.50, 0.40),
    BARE(Side.BARE, Side.THEIR_BARE, 0.58, 0.58),
    UNSAMPLED(Side.UNSAMPLED, Side.THEIR_UNSAMPLED, 0.24, 0.21),
    DISABLED(Side.DISABLED, Side.THEIR_UNSAMPLED, 0.16, 0.14),
    ENCODING(Side.ENCODING, Side.THEIR_ENCODING, 0.72, 0.46);

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
