package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.ring.otlp.OtlpJson;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An encoder of records of a queue's documents as lines of OTLP JSON. The records of a document share a line, or
 * several lines if they do not fit into one. Single-threaded.
 */
final class JsonLines implements RequestEncoder {

    private final CharsetEncoder utf8 = StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final StringBuilder line = new StringBuilder();
    private final List<SpanData> spans = new ArrayList<>(Long.SIZE);
    /** For each span the bit of its record in the document. */
    private final long[] bits = new long[Long.SIZE];

    private ByteBuffer out;
    private int written;
    private long malformed;
    private long tooLarge;

    @Override
    public ByteBuffer newBuffer(int capacity) {
        return ByteBuffer.allocateDirect(capacity);
    }

    @Override
    public void begin(ByteBuffer buffer) {
        out = buffer.clear();
        written = 0;
    }

    @Override
    public long add(BatchReader document, long records) {
        malformed = 0;
        tooLarge = 0;
        decode(document, records);
        int at = 0;
        while (at < spans.size()) {
            final int fitting = write(at);
            if (fitting == 0 && out.position() > 0) {
                break;
            }
            tooLarge |= fitting == 0 ? bits[at] : 0;
            written += fitting;
            at += Math.max(1, fitting);
        }
        long left = 0;
        for (; at < spans.size(); at++) {
            left |= bits[at];
        }
        return left;
    }

    private void decode(BatchReader document, long records) {
        spans.clear();
        final SpanDecoder decoder = SpanDecoder.of(document);
        for (int record = 0; record < document.count(); record++) {
            final long bit = 1L << record;
            if ((records & bit) != 0) {
                final SpanData span =
                        decoder.decode(document.buffer(), document.offset(record), document.endOffset(record));
                if (span == null) {
                    malformed |= bit;
                } else {
                    bits[spans.size()] = bit;
                    spans.add(span);
                }
            }
        }
    }

    /** Writes the spans from this one on, halving their number until they fit; returns how many were written. */
    private int write(int from) {
        int count = spans.size() - from;
        while (count > 0 && !writeLine(from, from + count)) {
            count /= 2;
        }
        return count;
    }

    private boolean writeLine(int from, int to) {
        line.setLength(0);
        OtlpJson.append(line, spans.subList(from, to));
        line.append('\n');
        final int mark = out.position();
        if (line.length() <= out.remaining()
                && utf8.reset().encode(CharBuffer.wrap(line), out, true).isUnderflow()) {
            return true;
        }
        out.position(mark);
        return false;
    }

    @Override
    public long malformed() {
        return malformed;
    }

    @Override
    public long tooLarge() {
        return tooLarge;
    }

    @Override
    public int finish() {
        out.flip();
        return written;
    }

    @Override
    public int length() {
        return out.remaining();
    }
}
