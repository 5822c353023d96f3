package io.kraken.tracer.ring;

import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.nio.ByteBuffer;

/** Writes records by hand into the staging area of a small span file, for tests of what comes after it. */
final class Records {

    static final int RECORD_LENGTH = 128;
    static final int LANES = 4;
    static final int SLOTS = 8;

    final SpanFile file;
    /** Where {@link #write} writes. */
    final int source;

    Records(int slots) {
        file = SpanFile.anonymous(
                new SpanFileLayout(new SpanFileLayout.Shape(RECORD_LENGTH, 1024, LANES, slots, 1 << 20)));
        source = file.layout().largeOffset();
    }

    Records() {
        this(SLOTS);
    }

    /** A record with this span id and so many bytes; every byte after the header tells where it stands. Its length. */
    int write(long spanId, int length, int thrown) {
        return write(source, spanId, length, thrown);
    }

    int write(int at, long spanId, int length, int thrown) {
        final ByteBuffer buffer = file.buffer();
        RecordLayout.spanIds(buffer, at, spanId, 0);
        RecordLayout.begin(buffer, at, 0, 0, 1);
        RecordLayout.traceId(buffer, at, 1, 1);
        RecordLayout.thrown(buffer, at, thrown);
        for (int i = RecordLayout.HEADER_LENGTH; i < length; i++) {
            buffer.put(at + i, pattern(spanId, i));
        }
        RecordLayout.lengthRelease(buffer, at, length);
        return length;
    }

    static byte pattern(long spanId, int i) {
        return (byte) (spanId * 31 + i);
    }

    /** Bytes of a record that needs exactly so many slots, filled to the last byte. */
    static int lengthOf(int slots) {
        return slots * (RECORD_LENGTH - Long.BYTES) + Long.BYTES;
    }

    /** Whether the record in the batch is the one that {@link #write} made of this id, byte for byte. */
    static boolean isWhole(Batch batch, int record, long spanId, int length) {
        final ByteBuffer buffer = batch.buffer();
        final int at = batch.offset(record);
        boolean whole = RecordLayout.spanId(buffer, at) == spanId && RecordLayout.length(buffer, at) == length;
        for (int i = RecordLayout.HEADER_LENGTH; whole && i < length; i++) {
            whole = buffer.get(at + i) == pattern(spanId, i);
        }
        return whole;
    }
}
