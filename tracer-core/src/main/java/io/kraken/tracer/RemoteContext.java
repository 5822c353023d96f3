package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;

/**
 * A context that came from another process, or one that outlives its span. Mutable and reusable: an extractor fills
 * the same object for request after request. Not for several threads at once.
 */
public final class RemoteContext extends TraceContext {

    private static final int TRACEPARENT_LENGTH = 55;

    /** The context of a span of another process. */
    public RemoteContext set(long traceIdHigh, long traceIdLow, long spanId, int flags) {
        this.traceIdHigh = traceIdHigh;
        this.traceIdLow = traceIdLow;
        this.spanId = spanId;
        this.flags = flags & (SAMPLED | RANDOM);
        this.childFlags = RecordLayout.FLAG_REMOTE_KNOWN | RecordLayout.FLAG_REMOTE;
        this.origin = REMOTE;
        return this;
    }

    /** The context of a span of this process, to be kept after the span has ended; none when there is none. */
    public RemoteContext copy(TraceContext other) {
        if (other == null) {
            return clear();
        }
        copyFrom(other);
        childFlags = other.childFlags;
        return this;
    }

    public RemoteContext clear() {
        return set(0, 0, 0, 0);
    }

    /**
     * Reads a W3C {@code traceparent}; anything malformed leaves an invalid context, under which a new trace begins.
     * Never throws.
     */
    public RemoteContext parse(CharSequence traceparent) {
        clear();
        if (traceparent == null || traceparent.length() < TRACEPARENT_LENGTH) {
            return this;
        }
        final long version = hex(traceparent, 0, 2);
        final long high = hex(traceparent, 3, 19);
        final long low = hex(traceparent, 19, 35);
        final long span = hex(traceparent, 36, 52);
        final long traceFlags = hex(traceparent, 53, 55);
        final boolean wellFormed = version >= 0
                && version != 0xFF
                && traceFlags >= 0
                && isHex(traceparent, 3, 35)
                && isHex(traceparent, 36, 52)
                && traceparent.charAt(2) == '-'
                && traceparent.charAt(35) == '-'
                && traceparent.charAt(52) == '-'
                && (traceparent.length() == TRACEPARENT_LENGTH
                        || version > 0 && traceparent.charAt(TRACEPARENT_LENGTH) == '-');
        if (wellFormed && (high | low) != 0 && span != 0) {
            set(high, low, span, (int) traceFlags);
        }
        return this;
    }

    private static boolean isHex(CharSequence text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (digit(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The value of up to 16 lower-case digits; -1 where a short field is malformed. */
    private static long hex(CharSequence text, int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            final int digit = digit(text.charAt(i));
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private static int digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    }
}
