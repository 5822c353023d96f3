package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.SymbolTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The symbols used by the records of one document, numbered from 1 in order of first use. So a document's ids are
 * independent of the process, and a reader needs only the symbols of the document. The encoded form of a text is
 * created on first use and cached; the cache is bounded by the size of the symbol table. Used by one thread.
 */
final class BatchSymbols {

    private final SymbolTable table;
    /** By id in the process: the id in this document; 0 while it has none. */
    private final int[] places;
    /** By id in the process: length and text, in whole words. */
    private final long[][] texts;

    private int[] used = new int[256];
    private int count;
    private int length;

    BatchSymbols(SymbolTable table) {
        this.table = table;
        this.places = new int[table.idLimit()];
        this.texts = new long[table.idLimit()][];
    }

    int count() {
        return count;
    }

    /** Length in bytes of all symbols in the document. */
    int length() {
        return length;
    }

    /** The document's id of a symbol; 0 when the symbol is unknown. */
    int place(int symbol) {
        if (symbol <= 0 || symbol >= places.length) {
            return 0;
        }
        final int place = places[symbol];
        return place != 0 ? place : assign(symbol);
    }

    private int assign(int symbol) {
        if (texts[symbol] == null && !encode(symbol)) {
            return 0;
        }
        if (count == used.length) {
            used = Arrays.copyOf(used, count * 2);
        }
        used[count++] = symbol;
        length += texts[symbol].length * Long.BYTES;
        places[symbol] = count;
        return count;
    }

    private boolean encode(int symbol) {
        final byte[] text = table.text(symbol);
        if (text == null) {
            return false;
        }
        final ByteBuffer entry =
                ByteBuffer.allocate(SymbolTable.footprint(text.length)).order(ByteOrder.LITTLE_ENDIAN);
        entry.putInt(0, text.length).put(BatchLayout.SYMBOL_TEXT_OFFSET, text);
        texts[symbol] = new long[entry.capacity() / Long.BYTES];
        entry.asLongBuffer().get(texts[symbol]);
        return true;
    }

    /** Removes all symbols except the first ones. */
    void truncate(int first) {
        while (count > first) {
            final int symbol = used[--count];
            places[symbol] = 0;
            length -= texts[symbol].length * Long.BYTES;
        }
    }

    /** Writes all symbols; returns their end offset. */
    int write(ByteBuffer out, int offset) {
        int at = offset;
        for (int i = 0; i < count; i++) {
            for (long word : texts[used[i]]) {
                out.putLong(at, word);
                at += Long.BYTES;
            }
        }
        return at;
    }
}
