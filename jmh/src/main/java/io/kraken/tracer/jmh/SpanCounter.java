package io.kraken.tracer.jmh;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Counter of the spans in OTLP requests and sum of their ids, which shows whether each span arrived exactly once. It
 * parses only the outer levels of the messages. May be used by any thread.
 */
final class SpanCounter {

    private static final int RESOURCE_SPANS = 1;
    private static final int SCOPE_SPANS = 2;
    private static final int SPAN = 2;
    private static final int SPAN_ID = 2;
    private static final int[] PATH = {RESOURCE_SPANS, SCOPE_SPANS, SPAN};

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /**
     * The counts so far.
     *
     * @param ids sum of the spans' ids
     * @param bytes bytes of the requests after decompression
     * @param wireBytes bytes as received
     * @param firstNs start of the first request by {@code System.nanoTime} of this process
     * @param lastNs time of the last acknowledgement
     */
    record Count(long spans, long ids, long requests, long bytes, long wireBytes, long firstNs, long lastNs) {

        static final Count NONE = new Count(0, 0, 0, 0, 0, 0, 0);

        /** The sum of two destinations. */
        Count plus(Count other) {
            return new Count(
                    spans + other.spans,
                    ids + other.ids,
                    requests + other.requests,
                    bytes + other.bytes,
                    wireBytes + other.wireBytes,
                    firstNs == 0 ? other.firstNs : Math.min(firstNs, other.firstNs),
                    Math.max(lastNs, other.lastNs));
        }

        /** Parses the result of {@link #toString}. */
        static Count parse(String text) {
            final String[] parts = text.split(" ");
            final long[] values = new long[parts.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = Long.parseLong(parts[i]);
            }
            return new Count(values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
        }

        @Override
        public String toString() {
            return spans + " " + ids + ' ' + requests + ' ' + bytes + ' ' + wireBytes + ' ' + firstNs + ' ' + lastNs;
        }
    }

    private Count count = Count.NONE;

    /** A parser of one request. */
    private static final class Walk {
        private final byte[] bytes;
        private int at;
        private long spans;
        private long ids;

        Walk(byte[] bytes) {
            this.bytes = bytes;
        }

        void over(int end, int depth) {
            while (at < end) {
                final int tag = (int) varint();
                if ((tag & 7) != LENGTH_DELIMITED) {
                    throw new IllegalArgumentException("unexpected wire type " + (tag & 7) + " outside of spans");
                }
                final int next = end((int) varint(), end);
                if (tag >>> 3 == PATH[depth]) {
                    if (depth < PATH.length - 1) {
                        over(next, depth + 1);
                    } else {
                        spans++;
                        ids += id(next);
                    }
                }
                at = next;
            }
        }

        private int end(int length, int most) {
            if (length < 0 || length > most - at) {
                throw new IllegalArgumentException(
                        "field of " + length + " bytes at offset " + at + " exceeds the message of " + most);
            }
            return at + length;
        }

        private long id(int end) {
            while (at < end) {
                final int tag = (int) varint();
                if (tag == (SPAN_ID << 3 | LENGTH_DELIMITED)) {
                    at++;
                    return (long) LONG.get(bytes, at);
                }
                skip(tag & 7, end);
            }
            throw new IllegalArgumentException("a span without an id");
        }

        private void skip(int type, int end) {
            switch (type) {
                case VARINT:
                    varint();
                    break;
                case FIXED_64:
                    at += Long.BYTES;
                    break;
                case LENGTH_DELIMITED:
                    at = end((int) varint(), end);
                    break;
                case FIXED_32:
                    at += Integer.BYTES;
                    break;
                default:
                    throw new IllegalArgumentException("unsupported wire type " + type);
            }
        }

        private long varint() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                final byte next = bytes[at++];
                value |= (long) (next & 0x7F) << shift;
                if (next >= 0) {
                    return value;
                }
            }
        }
    }

    synchronized void begun() {
        if (count.firstNs == 0) {
            count = new Count(0, 0, 0, 0, 0, System.nanoTime(), 0);
        }
    }

    /** Counts an acknowledged request. */
    void add(byte[] request, int length, long wireBytes) {
        final Walk walk = new Walk(request);
        walk.over(length, 0);
        synchronized (this) {
            count = new Count(
                    count.spans + walk.spans,
                    count.ids + walk.ids,
                    count.requests + 1,
                    count.bytes + length,
                    count.wireBytes + wireBytes,
                    count.firstNs,
                    System.nanoTime());
        }
    }

    synchronized Count count() {
        return count;
    }
}
