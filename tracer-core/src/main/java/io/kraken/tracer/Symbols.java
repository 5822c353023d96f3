package io.kraken.tracer;

import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.SymbolTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The process's names and keys: each text once, under one id that is good in every span file of the process. Handles
 * such as {@code static final SpanName} exist before any tracer does, which is why this is static.
 *
 * <p>Lookup is wait-free and allocates nothing; registration is lock-free. A text is in every live file before
 * anybody can find its id. Bounded: what does not fit any more is carried inside the records that use it. Texts met
 * at run time may take half of the room, so that they can't push out those of code that is loaded late.
 */
final class Symbols {

    static final String CAPACITY_PROP = "kraken.tracer.symbols.bytes";
    static final int CAPACITY_DEFAULT = 256 * 1024;

    private static final int CAPACITY_MAX = (EntryLayout.INLINE_SYMBOL - 1) * 8;
    private static final int FIRST_OFFSET = 8;

    /** Texts that hash alike, which somebody may choose so, find no more room than this, and are carried inline. */
    private static final int MOST_TRIES = 64;

    private static final int NO_SLOT = -1;
    private static final int GOLDEN_RATIO = 0x9E37_79B9;

    private static final Symbols PROCESS = new Symbols(capacityAsked());

    private final int capacity;
    private static final long LONGEST_WAIT_NS = 1_000_000_000L;

    private final AtomicReferenceArray<Symbol> index;
    private final AtomicInteger nextOffset = new AtomicInteger(FIRST_OFFSET);
    private final AtomicInteger registering = new AtomicInteger();
    private final AtomicInteger registered = new AtomicInteger();
    private volatile SymbolTable[] live = {};

    /** A text and its id; the id is {@link EntryLayout#INLINE_SYMBOL} where there was no room. */
    static final class Symbol {
        final String text;
        final int id;

        Symbol(String text, int id) {
            this.text = text;
            this.id = id;
        }
    }

    Symbols(int capacity) {
        this.capacity = capacity;
        this.index = new AtomicReferenceArray<>(Integer.highestOneBit(Math.max(capacity / 8, 16)));
    }

    static Symbols process() {
        return PROCESS;
    }

    private static int capacityAsked() {
        final int asked = Integer.getInteger(CAPACITY_PROP, CAPACITY_DEFAULT);
        return Math.max(4096, Math.min(asked, CAPACITY_MAX)) & -8;
    }

    int capacity() {
        return capacity;
    }

    /** For a handle that the program keeps. */
    Symbol register(String text) {
        final Symbol known = find(text);
        final Symbol symbol = known != null ? known : add(text, capacity);
        return symbol != null ? symbol : new Symbol(text, EntryLayout.INLINE_SYMBOL);
    }

    /** For a text that is only known at run time; null when it must be carried inline. */
    Symbol lookUp(String text) {
        final Symbol known = find(text);
        return known != null ? known : add(text, capacity / 2);
    }

    /** The id of a run-time text in the process's table. */
    static int idOf(String text) {
        final Symbol symbol = PROCESS.lookUp(text);
        return symbol != null ? symbol.id : EntryLayout.INLINE_SYMBOL;
    }

    private Symbol find(String text) {
        final int slot = slot(text);
        final Symbol symbol = slot == NO_SLOT ? null : index.get(slot);
        return symbol != null && symbol.text.equals(text) ? symbol : null;
    }

    /** Where the text is, or would be; {@link #NO_SLOT} when it may be in none of the few slots that are left. */
    private int slot(String text) {
        final int mask = index.length() - 1;
        final int hash = text.hashCode() * GOLDEN_RATIO;
        final int step = hash << 1 | 1;
        for (int tries = 0, i = hash >>> 8; tries < MOST_TRIES; tries++, i += step) {
            final Symbol symbol = index.get(i & mask);
            if (symbol == null || symbol.text.equals(text)) {
                return i & mask;
            }
        }
        return NO_SLOT;
    }

    private Symbol add(String text, int limit) {
        final int slots = index.length();
        if (text.isEmpty()
                || text.length() > SymbolTable.MAX_TEXT_LENGTH
                || nextOffset.get() + SymbolTable.footprint(text.length()) > limit
                || registered.get() >= slots - slots / 4
                || slot(text) == NO_SLOT) {
            return null;
        }
        final int length = Utf8.length(text, text.length());
        if (length > SymbolTable.MAX_TEXT_LENGTH || nextOffset.get() + SymbolTable.footprint(length) > limit) {
            return null;
        }
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        registering.incrementAndGet();
        try {
            return insert(text, bytes);
        } finally {
            registering.decrementAndGet();
        }
    }

    private Symbol insert(String text, byte[] bytes) {
        final int offset = nextOffset.getAndAdd(SymbolTable.footprint(bytes.length));
        if (offset < 0 || offset + SymbolTable.footprint(bytes.length) > capacity) {
            return null;
        }
        final Symbol symbol = new Symbol(text, SymbolTable.idAt(offset));
        for (SymbolTable table : live) {
            table.write(symbol.id, bytes);
        }
        int slot = slot(text);
        while (slot != NO_SLOT) {
            if (index.compareAndSet(slot, null, symbol)) {
                registered.incrementAndGet();
                return symbol;
            }
            final Symbol present = index.get(slot);
            if (present.text.equals(text)) {
                return present; // lost the race; the place in the table stays unused
            }
            slot = slot(text);
        }
        return null;
    }

    /** From now on this file learns every new symbol; it knows all the old ones when this returns. */
    void attach(SymbolTable table) {
        synchronized (this) {
            final SymbolTable[] more = Arrays.copyOf(live, live.length + 1);
            more[live.length] = table;
            live = more;
        }
        final long deadline = System.nanoTime() + LONGEST_WAIT_NS;
        while (registering.get() != 0 && System.nanoTime() - deadline < 0) {
            Thread.yield(); // registrations that have not seen the new array end soon, unless an error broke one off
        }
        for (int i = 0; i < index.length(); i++) {
            final Symbol symbol = index.get(i);
            if (symbol != null) {
                table.write(symbol.id, symbol.text.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    synchronized void detach(SymbolTable table) {
        final List<SymbolTable> rest = new ArrayList<>(Arrays.asList(live));
        rest.remove(table);
        live = rest.toArray(new SymbolTable[0]);
    }
}
