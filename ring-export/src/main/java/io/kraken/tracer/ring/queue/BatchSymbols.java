package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.SymbolTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The symbols that the records of one document use, numbered from 1 as they are met, so that a document's ids say
 * nothing about the process and a reader needs no more of them than the document has. A text is made what a document
 * has of it when it is met first, and kept: as many as the symbol table holds. One thread.
 */
final class BatchSymbols {

    private final SymbolTable table;
    /** By id in the process: its id in this document, 0 as long as it has none. */
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

    /** Bytes that they take in the document. */
    int length() {
        return length;
    }

    /** The document's id of a symbol, 0 when there is no such symbol. */
    int place(int symbol) {
        if (symbol <= 0 || symbol >= places.length) {
            return 0;
        }
        final int place = places[symbol];
        return place != 0 ? place : meet(symbol);
    }

    private int meet(int symbol) {
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

    /** Forgets all that were met later than the first ones. */
    void truncate(int first) {
        while (count > first) {
            final int symbol = used[--count];
            places[symbol] = 0;
            length -= texts[symbol].length * Long.BYTES;
        }
    }

    /** Writes all of them; returns the first offset behind them. */
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
