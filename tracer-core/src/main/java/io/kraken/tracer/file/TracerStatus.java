package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * The current state of a tracer, as it publishes it in its span file.
 *
 * @param recording whether spans are recorded, as far as switches decide
 * @param samplingRate the share of traces that is sampled if no rule applies; NaN if unknown
 * @param load of the process, 0 to 1; NaN if unknown
 * @param breaker null if unknown
 * @param breakerOpened number of openings since the start
 */
public record TracerStatus(
        boolean recording, double samplingRate, double load, BreakerState breaker, long breakerOpened) {

    /** The bytes are untrusted. */
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
