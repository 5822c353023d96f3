package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * How a tracer decides at the moment, as it says itself in its span file.
 *
 * @param recording whether spans are recorded, as far as switches have a say in it
 * @param samplingRate the share of traces that is sampled where no rule says otherwise; NaN when that is not known
 * @param load of the process, 0 to 1; NaN when that is not known
 * @param breaker null when that is not known
 * @param breakerOpened how often, ever
 */
public record TracerStatus(
        boolean recording, double samplingRate, double load, BreakerState breaker, long breakerOpened) {

    /** Anybody may have written what stands there. */
    static TracerStatus read(ByteBuffer file, int control) {
        return new TracerStatus(
                Mem.getIntAcquire(file, control + SpanFileLayout.RECORDED_OFFSET) != 0,
                share(Mem.getLongAcquire(file, control + SpanFileLayout.RATE_OFFSET)),
                share(Mem.getLongAcquire(file, control + SpanFileLayout.LOAD_OFFSET)),
                BreakerState.of(Mem.getIntAcquire(file, control + SpanFileLayout.BREAKER_OFFSET)),
                Math.max(0, Mem.getLongAcquire(file, control + SpanFileLayout.BREAKER_OPENED_OFFSET)));
    }

    private static double share(long bits) {
        final double share = Double.longBitsToDouble(bits);
        return share >= 0 && share <= 1 ? share : Double.NaN;
    }
}
