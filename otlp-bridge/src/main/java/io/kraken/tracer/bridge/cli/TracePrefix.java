package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.ring.view.FileSpans;
import java.util.Locale;

/** A trace id or its first digits; compared as numbers with masks, because every record is compared. */
record TracePrefix(String digits, long high, long low, long highMask, long lowMask) implements FileSpans.Traces {

    private static final int LEAST_DIGITS = 8;
    private static final int WORD_DIGITS = 16;
    private static final int BITS_OF_A_DIGIT = 4;

    static TracePrefix of(String text) throws UsageException {
        final String digits = text.toLowerCase(Locale.ROOT);
        if (digits.length() < LEAST_DIGITS || !digits.matches("[0-9a-f]{1," + 2 * WORD_DIGITS + "}")) {
            throw new UsageException("'" + text + "' is not a trace id: it must be " + 2 * WORD_DIGITS
                    + " hexadecimal digits, or at least the first " + LEAST_DIGITS + " of them");
        }
        final String padded = digits + "0".repeat(2 * WORD_DIGITS - digits.length());
        return new TracePrefix(
                digits,
                Long.parseUnsignedLong(padded, 0, WORD_DIGITS, WORD_DIGITS),
                Long.parseUnsignedLong(padded, WORD_DIGITS, 2 * WORD_DIGITS, WORD_DIGITS),
                mask(digits.length()),
                mask(digits.length() - WORD_DIGITS));
    }

    /** Whether it is a whole id, which an index can be searched for. */
    boolean isWhole() {
        return digits.length() == 2 * WORD_DIGITS;
    }

    private static long mask(int digits) {
        if (digits <= 0) {
            return 0;
        }
        return digits >= WORD_DIGITS ? -1 : -1L << (WORD_DIGITS - digits) * BITS_OF_A_DIGIT;
    }

    @Override
    public boolean include(long idHigh, long idLow) {
        return (idHigh & highMask) == high && (idLow & lowMask) == low;
    }
}
