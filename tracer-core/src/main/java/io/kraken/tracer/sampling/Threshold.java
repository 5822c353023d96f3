package io.kraken.tracer.sampling;

/**
 * Thresholds of consistent probability sampling, as OpenTelemetry defines it: a trace has 56 random bits, a share has a
 * threshold, and traces whose randomness reaches it are sampled; so a process with a smaller share samples a subset of
 * what others sample. The threshold of a share {@code r} is {@code (1 - r)} times 2 to the 56th. Propagated in {@code
 * ot=th:..;rv:..} of a trace state, the threshold as hexadecimal digits of a fraction, without trailing zeros.
 */
public final class Threshold {

    /** The threshold that no randomness reaches. */
    public static final long NEVER = 1L << 56;

    /** Maximum number of digits of a threshold, and the exact number of digits of a randomness. */
    public static final int DIGITS = 14;

    private static final int MALFORMED = -1;

    private Threshold() {}

    /** The threshold of a share. Rounding never turns a share into 0 or 1. */
    public static long of(double rate) {
        if (!(rate > 0)) {
            return NEVER;
        }
        if (rate >= 1) {
            return 0;
        }
        // Scales the share and not its complement: that has no precision left for a small share.
        return NEVER - Math.max(1, Math.min(Math.round(rate * NEVER), NEVER - 1));
    }

    /** The share of a threshold. */
    public static double rate(long threshold) {
        return (double) (NEVER - threshold) / NEVER;
    }

    /**
     * Writes the digits of a threshold that is not {@link #NEVER}, at most {@link #DIGITS}.
     *
     * @return the offset after the last digit
     */
    public static int write(long threshold, byte[] to, int at) {
        int end = at;
        long rest = threshold & NEVER - 1;
        do {
            final int digit = (int) (rest >>> 52);
            to[end++] = (byte) (digit < 10 ? '0' + digit : 'a' - 10 + digit);
            rest = rest << 4 & NEVER - 1;
        } while (rest != 0);
        return end;
    }

    /** Parses the digits of a threshold; -1 if they are malformed. */
    public static long parse(byte[] from, int at, int end) {
        final int digits = end - at;
        if (digits < 1 || digits > DIGITS) {
            return MALFORMED;
        }
        final long value = hex(from, at, end);
        return value < 0 ? MALFORMED : value << 4 * (DIGITS - digits);
    }

    /** Parses the digits of a randomness; -1 if they are malformed. */
    public static long parseRandomness(byte[] from, int at, int end) {
        return end - at == DIGITS ? hex(from, at, end) : MALFORMED;
    }

    private static long hex(byte[] from, int at, int end) {
        long value = 0;
        for (int i = at; i < end; i++) {
            final int c = from[i];
            final int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : MALFORMED;
            if (digit < 0) {
                return MALFORMED;
            }
            value = value << 4 | digit;
        }
        return value;
    }
}
