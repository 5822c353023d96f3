package io.kraken.tracer.sampling;

/**
 * Consistent probability sampling, as OpenTelemetry has it: a trace has 56 random bits, a share has a threshold, and
 * those traces are sampled whose randomness reaches it; so who samples less samples a part of what others sample. Of a
 * share {@code r} the threshold is {@code (1 - r)} times 2 to the 56th. Travels in {@code ot=th:..;rv:..} of a trace
 * state, the threshold as hexadecimal digits of a fraction, so that zeros at its end need not be written.
 */
public final class Threshold {

    /** What no randomness reaches. */
    public static final long NEVER = 1L << 56;

    /** Digits of a threshold at most, and of randomness always. */
    public static final int DIGITS = 14;

    private static final int MALFORMED = -1;

    private Threshold() {}

    /** Of a share between 0 and 1. One that is neither is not made so by rounding. */
    public static long of(double rate) {
        if (!(rate > 0)) {
            return NEVER;
        }
        if (rate >= 1) {
            return 0;
        }
        // The share is scaled and not its complement, which has no digits left for a small one.
        return NEVER - Math.max(1, Math.min(Math.round(rate * NEVER), NEVER - 1));
    }

    /** The share of a threshold. */
    public static double rate(long threshold) {
        return (double) (NEVER - threshold) / NEVER;
    }

    /**
     * Writes the digits of a threshold that is not {@link #NEVER}, at most {@link #DIGITS}.
     *
     * @return where they end
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

    /** The threshold that these digits are, -1 when they are none. */
    public static long parse(byte[] from, int at, int end) {
        final int digits = end - at;
        if (digits < 1 || digits > DIGITS) {
            return MALFORMED;
        }
        final long value = hex(from, at, end);
        return value < 0 ? MALFORMED : value << 4 * (DIGITS - digits);
    }

    /** The randomness that these digits are, -1 when they are none. */
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
