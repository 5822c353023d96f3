package io.kraken.tracer.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Threads;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.SymbolTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Names and keys: one id for each text, known to every live file, in bounded memory. */
class SymbolsTest {

    private static final int CAPACITY = 64 * 1024;

    private final Symbols symbols = new Symbols(CAPACITY);

    private static SymbolTable table(int capacity) {
        return new SymbolTable(ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN), 0, capacity);
    }

    private static void assertKnown(SymbolTable table, Symbols.Symbol symbol) {
        assertArrayEquals(symbol.text.getBytes(StandardCharsets.UTF_8), table.text(symbol.id), symbol.text);
    }

    @Test
    void textHasOneId() {
        final Symbols.Symbol first = symbols.register("name");
        assertSame(first, symbols.register("na" + "me"));
        assertSame(first, symbols.lookUp("name"));
        assertTrue(first.id > 0 && first.id < EntryLayout.INLINE_SYMBOL);
        assertTrue(symbols.register("other").id != first.id);
    }

    @Test
    void distinguishesTextsWithEqualHashes() {
        final Set<Integer> ids = new HashSet<>();
        for (String text : new String[] {"AaAa", "AaBB", "BBAa", "BBBB"}) {
            assertEquals("AaAa".hashCode(), text.hashCode());
            ids.add(symbols.register(text).id);
        }
        assertEquals(4, ids.size());
        assertEquals("BBAa", symbols.lookUp("BBAa").text);
    }

    /** An attacker may choose such names. */
    @Test
    void manyTextsWithEqualHashesAreInline() {
        int known = 0;
        for (int i = 0; i < 4096; i++) {
            final StringBuilder text = new StringBuilder();
            for (int bit = 0; bit < 12; bit++) {
                text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            known += symbols.lookUp(text.toString()) == null ? 0 : 1;
        }
        assertEquals(64, known);
        assertNotNull(symbols.lookUp("another"));
        assertNotNull(symbols.register("Aa".repeat(12)));
    }

    @Test
    void emptyAndTooLongTextsAreInline() {
        for (String text : new String[] {"", "x".repeat(256), "é".repeat(128), "€".repeat(86)}) {
            assertEquals(EntryLayout.INLINE_SYMBOL, symbols.register(text).id);
            assertNull(symbols.lookUp(text));
        }
        for (String text : new String[] {"x", "x".repeat(255), "é".repeat(127), "€".repeat(85)}) {
            assertTrue(symbols.register(text).id != EntryLayout.INLINE_SYMBOL);
            assertNotNull(symbols.lookUp(text));
        }
    }

    @Test
    void runTimeTextsUseHalfOfTheRoom() {
        final SymbolTable table = table(CAPACITY);
        symbols.attach(table);
        int dynamic = 0;
        while (symbols.lookUp("run time " + dynamic) != null) {
            dynamic++;
        }
        assertTrue(dynamic * 24 > CAPACITY / 2 - 100 && dynamic * 16 < CAPACITY / 2, dynamic + " texts");
        assertNotNull(symbols.lookUp("run time 0"), "registered symbols stay");
        int handles = 0;
        for (; symbols.register("handle " + handles).id != EntryLayout.INLINE_SYMBOL; handles++) {
            assertKnown(table, symbols.register("handle " + handles));
        }
        assertTrue(handles * 16 > CAPACITY / 2 - 100 && handles * 16 < CAPACITY, handles + " handles");
        assertEquals("handle " + handles, symbols.register("handle " + handles).text, "a handle still works");
        assertKnown(table, symbols.lookUp("run time 7"));
    }

    @Test
    void shortTextsFillTheIndexBeforeTheTable() {
        int count = 0;
        while (symbols.register(Integer.toString(count, 36)).id != EntryLayout.INLINE_SYMBOL) {
            count++;
        }
        assertTrue(count <= CAPACITY / 8 * 3 / 4 + 1, count + " symbols");
        assertNull(symbols.lookUp("one more"));
        assertEquals("0", symbols.lookUp("0").text);
    }

    @Test
    void attachedFileHasEarlierAndLaterSymbols() {
        final Symbols.Symbol before = symbols.register("before");
        final SymbolTable first = table(CAPACITY);
        final SymbolTable second = table(CAPACITY);
        symbols.attach(first);
        final Symbols.Symbol between = symbols.register("between, with ü and €");
        symbols.attach(second);
        final Symbols.Symbol after = symbols.register("after");
        for (Symbols.Symbol symbol : List.of(before, between, after)) {
            assertKnown(first, symbol);
            assertKnown(second, symbol);
        }
        symbols.detach(first);
        final Symbols.Symbol last = symbols.register("last");
        assertNull(first.text(last.id));
        assertKnown(second, last);
    }

    @Test
    void tableValidatesIds() {
        final SymbolTable table = table(4096);
        assertTrue(table.write(1, "text".getBytes(StandardCharsets.UTF_8)));
        for (int id : new int[] {0, -1, 2, 511, 512, EntryLayout.INLINE_SYMBOL, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertNull(table.text(id), "id " + id);
        }
        for (int id : new int[] {0, -1, 512, EntryLayout.INLINE_SYMBOL}) {
            assertTrue(!table.write(id, new byte[4]), "id " + id);
        }
        assertTrue(!table.write(511, new byte[5]), "the text would exceed the end");
        assertTrue(table.write(511, new byte[] {'a', 'b', 'c', 'd'}));
        assertArrayEquals("abcd".getBytes(StandardCharsets.UTF_8), table.text(511));
    }

    @Test
    void racingRegistrationsGetOneId() {
        final int threads = 4;
        final int texts = 1_000;
        final int[][] ids = new int[threads][texts];
        final CyclicBarrier barrier = new CyclicBarrier(threads);
        final SymbolTable table = table(CAPACITY);
        symbols.attach(table);
        Threads.run(threads, thread -> {
            for (int i = 0; i < texts; i++) {
                if (i % 10 == 0) {
                    barrier.await();
                }
                ids[thread][i] = symbols.register("t" + i).id;
                assertNotNull(table.text(ids[thread][i]), "in the file before the id is known");
            }
        });
        final Set<Integer> distinct = new HashSet<>();
        for (int i = 0; i < texts; i++) {
            for (int thread = 1; thread < threads; thread++) {
                assertEquals(ids[0][i], ids[thread][i], "t" + i);
            }
            assertTrue(distinct.add(ids[0][i]) || ids[0][i] == EntryLayout.INLINE_SYMBOL);
        }
    }

    @Test
    void filesAttachedDuringRegistrationMissNothing() {
        for (int round = 0; round < 20; round++) {
            final Symbols shared = new Symbols(CAPACITY);
            final List<SymbolTable> tables = new ArrayList<>();
            final AtomicBoolean attached = new AtomicBoolean();
            Threads.run(3, thread -> {
                if (thread == 0) {
                    for (int i = 0; i < 5; i++) {
                        final SymbolTable table = table(CAPACITY);
                        shared.attach(table);
                        tables.add(table);
                    }
                    attached.set(true);
                } else {
                    for (int i = 0; i < 300 || !attached.get() && i < 2_000; i++) {
                        shared.register("thread " + thread + " text " + i);
                    }
                }
            });
            for (SymbolTable table : tables) {
                for (int i = 0; i < 300; i++) {
                    assertKnown(table, shared.lookUp("thread 1 text " + i));
                    assertKnown(table, shared.lookUp("thread 2 text " + i));
                }
            }
        }
    }
}
