package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/**
 * The texts of names and keys in a span file. A symbol's id is the position of its text, so a look-up is one read; the
 * process assigns ids ({@code SpanName.of}, {@code Key.of...}), and they are the same in each of its files. The length
 * is written last: a reader that finds a length finds the text too.
 */
public final class SymbolTable {

    /** Longer names and keys are stored inside the records that use them. */
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

    /** Bytes used by a text of this length; their sum must stay below the table's capacity. */
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

    /** One more than the largest possible id. */
    public int idLimit() {
        return capacity / UNIT;
    }

    /**
     * Writes a text at its position. Idempotent: several threads may write the same symbol. False if the position is
     * outside the table.
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

    /** A copy of the text, or null if there is none under this id. Any id is allowed. */
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
