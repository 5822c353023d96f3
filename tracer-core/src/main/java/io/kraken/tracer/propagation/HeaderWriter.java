package io.kraken.tracer.propagation;

import io.kraken.tracer.text.Hex;

/** The buffer of a header being written. For one thread at a time. */
public final class HeaderWriter {

    private static final int LONGEST = 80;

    /** For the header being written; the longest are those of B3 and Jaeger. */
    final byte[] bytes = new byte[LONGEST];

    final HeaderText text = new HeaderText();
    final HeaderText name = new HeaderText();

    /** The first bytes, this many. */
    HeaderText text(int length) {
        return text.of(bytes, 0, length);
    }

    int put(int at, char c) {
        bytes[at] = (byte) c;
        return at + 1;
    }

    int putTraceId(int at, InjectedContext of) {
        return Hex.putId(bytes, Hex.putId(bytes, at, of.traceIdHigh()), of.traceIdLow());
    }

    int putSpanId(int at, InjectedContext of) {
        return Hex.putId(bytes, at, of.spanId());
    }
}
