package io.kraken.tracer.text;

import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.SymbolTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The symbol table of the process: each name and key once, under one id that is valid in every span file of the
 * process. Static, because handles such as {@code static final SpanName} exist before any tracer does.
 *
 * <p>Lookup is wait-free and allocates nothing; registration is lock-free. A text is written to every live file before
 * its id can be found. Bounded: a text that no longer fits is stored inside the records that use it. Texts registered
 * at run time may use half of the room, so that they cannot displace those of code that is loaded late.
 */
public final class Symbols {

    static final String CAPACITY_PROP = "kraken.tracer.symbols.bytes";
    static final int CAPACITY_DEFAULT = 256 * 1024;

    private static final int CAPACITY_MAX = (EntryLayout.INLINE_SYMBOL - 1) * 8;
    private static final int FIRST_OFFSET = 8;

    /**
     * Texts with colliding hashes, possibly chosen so on purpose, get no more slots than this, and are stored inline.
     */
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

    /** A text and its id; the id is {@link EntryLayout#INLINE_SYMBOL} if there was no room. */
    public static final class Symbol {
        public final String text;
        public final int id;

        Symbol(String text, int id) {
            this.text = text;
            this.id = id;
        }
    }

    public Symbols(int capacity) {
        this.capacity = capacity;
        this.index = new AtomicReferenceArray<>(Integer.highestOneBit(Math.max(capacity / 8, 16)));
    }

    public static Symbols process() {
        return PROCESS;
    }

    private static int capacityAsked() {
        final int asked = Integer.getInteger(CAPACITY_PROP, CAPACITY_DEFAULT);
        return Math.max(4096, Math.min(asked, CAPACITY_MAX)) & -8;
    }

    public int capacity() {
        return capacity;
    }

    /** For a handle that the program keeps. */
    public Symbol register(String text) {
        final Symbol known = find(text);
        final Symbol symbol = known != null ? known : add(text, capacity);
        return symbol != null ? symbol : new Symbol(text, EntryLayout.INLINE_SYMBOL);
    }

    /** For a text that is known only at run time; null if it must be stored inline. */
    public Symbol lookUp(String text) {
        final Symbol known = find(text);
        return known != null ? known : add(text, capacity / 2);
    }

    /** The id of a run-time text in the process's table. */
    public static int idOf(String text) {
        final Symbol symbol = PROCESS.lookUp(text);
        return symbol != null ? symbol.id : EntryLayout.INLINE_SYMBOL;
    }

    private Symbol find(String text) {
        final int slot = slot(text);
        final Symbol symbol = slot == NO_SLOT ? null : index.get(slot);
        return symbol != null && symbol.text.equals(text) ? symbol : null;
    }

    /** The slot of the text, present or not; {@link #NO_SLOT} if all slots tried hold other texts. */
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
                return present; // lost the race; the entry in the table stays unused
            }
            slot = slot(text);
        }
        return null;
    }

    /** Makes this file receive every new symbol; when this returns it has all existing ones. */
    public void attach(SymbolTable table) {
        synchronized (this) {
            final SymbolTable[] more = Arrays.copyOf(live, live.length + 1);
            more[live.length] = table;
            live = more;
        }
        final long deadline = System.nanoTime() + LONGEST_WAIT_NS;
        while (registering.get() != 0 && System.nanoTime() - deadline < 0) {
            Thread.yield(); // registrations that have not seen the new array end soon, unless interrupted by an error
        }
        for (int i = 0; i < index.length(); i++) {
            final Symbol symbol = index.get(i);
            if (symbol != null) {
                table.write(symbol.id, symbol.text.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    public synchronized void detach(SymbolTable table) {
        final List<SymbolTable> rest = new ArrayList<>(Arrays.asList(live));
        rest.remove(table);
        live = rest.toArray(new SymbolTable[0]);
    }
}
