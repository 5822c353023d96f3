package io.kraken.tracer.propagation;

import io.kraken.tracer.sampling.Sampling;

/** The W3C {@code traceparent} header: its flags and its reader. */
public final class TraceParent {

    public static final int SAMPLED = 0x01;
    public static final int RANDOM = 0x02;

    private static final int LENGTH = 55;
    /** The one version that W3C rules out. */
    private static final int INVALID_VERSION = 0xFF;

    private TraceParent() {}

    /** Leaves the context unchanged if the text is malformed. Never throws. */
    public static void read(CharSequence text, ExtractedContext into) {
        into.values.begin().add(text);
        read(into);
    }

    /** Reads the header's values. A version that is not known yet may have more behind the part that is. */
    static boolean read(ExtractedContext into) {
        final HeaderValues in = into.values;
        if (in.count() != 1 || in.length() < LENGTH || in.at(2) != '-' || in.at(35) != '-' || in.at(52) != '-') {
            return false;
        }
        final long version = in.hex(0, 2);
        final long high = in.id(3);
        final long low = in.id(19);
        final long span = in.id(36);
        final long flags = in.hex(53, 55);
        final boolean sound = !in.isMalformed()
                && version != INVALID_VERSION
                && (in.length() == LENGTH || version > 0 && in.at(LENGTH) == '-')
                && (high | low) != 0
                && span != 0;
        if (sound) {
            into.ids(high, low, span, (int) flags, Sampling.SAMPLED);
        }
        return sound;
    }
}
