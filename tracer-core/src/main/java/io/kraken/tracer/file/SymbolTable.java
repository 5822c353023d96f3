package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * The texts of names and keys in a span file. A symbol's id says where its text stands, so looking one up is one
 * read; ids are given out by the process ({@code SpanName.of}, {@code Key.of...}) and are the same in each of its
 * files. The length is written last: who finds one finds the text too.
 */
public final class SymbolTable {

    /** Longer names and keys are carried inside the records that use them. */
    public static final int MAX_TEXT_LENGTH = 255;

    private static final int UNIT = 8;

    private final ByteBuffer buffer;
    private final int offset;
    private final int capacity;

    public SymbolTable(ByteBuffer buffer, int offset, int capacity) {
        this.buffer = buffer;
        this.offset = offset;
        this.capacity = capacity;
    }

    /** Bytes that a text of this length takes; the sum of them must stay below the table's capacity. */
    public static int footprint(int textLength) {
        return Mem.align(Integer.BYTES + textLength, UNIT);
    }

    /** The id of a text whose footprint begins at this offset of the table. */
    public static int idAt(int tableOffset) {
        return tableOffset / UNIT;
    }

    public static int offsetOf(int id) {
        return id * UNIT;
    }

    /** One more than the largest id there can be. */
    public int idLimit() {
        return capacity / UNIT;
    }

    /**
     * Writes a text at its place. Idempotent: several threads may write the same symbol. False when the place is
     * not in here.
     */
    public boolean write(int id, byte[] text) {
        final int at = offsetOf(id);
        if (id <= 0 || at + footprint(text.length) > capacity) {
            return false;
        }
        buffer.put(offset + at + Integer.BYTES, text, 0, text.length);
        Mem.putIntRelease(buffer, offset + at, text.length);
        return true;
    }

    /** A copy of the text, or null when there is none under this id. Any id may be asked for. */
    public byte[] text(int id) {
        if (id <= 0 || id >= idLimit()) {
            return null;
        }
        final int at = offsetOf(id);
        final int length = Mem.getIntAcquire(buffer, offset + at);
        if (length <= 0 || length > MAX_TEXT_LENGTH || at + footprint(length) > capacity) {
            return null;
        }
        final byte[] text = new byte[length];
        buffer.get(offset + at + Integer.BYTES, text);
        return text;
    }
}
