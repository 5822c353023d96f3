package io.kraken.tracer.text;

import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.SymbolTable;
import io.kraken.tracer.jcstress.StateMemory;
import java.nio.charset.StandardCharsets;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** Stress tests of names and keys: one id for a text, and no id without its text. */
public class SymbolsStress {

    private static final String TEXT = "a.name.of.some.length";
    private static final String OTHER = "another.name.so.long";
    private static final int ROOMY = 256;

    private SymbolsStress() {}

    /** A registry with one attached file. */
    abstract static class Registry {
        final Symbols symbols;
        final SymbolTable table;

        Registry(int capacity) {
            symbols = new Symbols(capacity);
            table = newTable(capacity);
            symbols.attach(table);
        }

        static SymbolTable newTable(int capacity) {
            return new SymbolTable(StateMemory.zeroed(capacity), 0, capacity);
        }

        /** 0 when the id has no text, 1 when it has this text, 9 when it has another or an incomplete one. */
        static int read(SymbolTable from, int id, String text) {
            final byte[] found = from.text(id);
            return found == null ? 0 : text.equals(new String(found, StandardCharsets.UTF_8)) ? 1 : 9;
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "true", expect = Expect.ACCEPTABLE, desc = "the loser of the race found the winner's symbol")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two ids for a text, or an id without a text")
    public static class SameText extends Registry {
        private int one;
        private int other;

        public SameText() {
            super(ROOMY);
        }

        @Actor
        public void one() {
            one = symbols.register(TEXT).id;
        }

        @Actor
        public void other() {
            other = symbols.register(new StringBuilder(TEXT).toString()).id;
        }

        @Arbiter
        public void result(Z_Result result) {
            result.r1 = one == other && read(table, one, TEXT) == 1;
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "true", expect = Expect.ACCEPTABLE, desc = "each has a separate id and place")
    @Outcome(expect = Expect.FORBIDDEN, desc = "one id for two texts, or one text overwritten")
    public static class TwoTexts extends Registry {
        private int one;
        private int other;

        public TwoTexts() {
            super(ROOMY);
        }

        @Actor
        public void one() {
            one = symbols.register(TEXT).id;
        }

        @Actor
        public void other() {
            other = symbols.register(OTHER).id;
        }

        @Arbiter
        public void result(Z_Result result) {
            result.r1 = one != other
                    && read(table, one, TEXT) == 1
                    && read(table, other, OTHER) == 1
                    && symbols.register(TEXT).id == one
                    && symbols.register(OTHER).id == other;
        }
    }

    /** A thread that gets an id, by registering or by looking it up, finds its text in the file. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the id has its text")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an id whose text is not written yet")
    public static class IdHasText extends Registry {
        public IdHasText() {
            super(ROOMY);
        }

        @Actor
        public void registers() {
            symbols.register(TEXT);
        }

        @Actor
        public void finds(I_Result result) {
            result.r1 = read(table, symbols.lookUp(TEXT).id, TEXT);
        }
    }

    /** Another process reads an id that it can't know yet. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "read before the length was written")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "read after it: the text is complete")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a length without its text")
    public static class TableReader extends Registry {
        public TableReader() {
            super(ROOMY);
        }

        @Actor
        public void registers() {
            symbols.register(TEXT);
        }

        @Actor
        public void reads(I_Result result) {
            result.r1 = read(table, 1, TEXT);
        }
    }

    /** There is room for one of two texts. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the first is registered, the second is stored inline")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the second is registered, the first is stored inline")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both are registered, or a text without an id")
    public static class Bound extends Registry {
        private static final int ROOM_FOR_ONE = 8 + 32;

        private int one;
        private int other;

        public Bound() {
            super(ROOM_FOR_ONE);
        }

        @Actor
        public void one() {
            one = symbols.register(TEXT).id;
        }

        @Actor
        public void other() {
            other = symbols.register(OTHER).id;
        }

        @Arbiter
        public void result(II_Result result) {
            result.r1 = readGiven(one, TEXT);
            result.r2 = readGiven(other, OTHER);
        }

        /** 0 without an id, 1 for an id with this text, 9 for an id without it. */
        private int readGiven(int id, String text) {
            return id == EntryLayout.INLINE_SYMBOL ? 0 : read(table, id, text) == 1 ? 1 : 9;
        }
    }

    /** A second tracer starts while a text is registered: its file contains the text when both are done. */
    @JCStressTest
    @State
    @Outcome(id = "true", expect = Expect.ACCEPTABLE, desc = "written by the registration, or copied by the new tracer")
    @Outcome(expect = Expect.FORBIDDEN, desc = "missing in the new file, or in the old one")
    public static class NewFile extends Registry {
        private final SymbolTable newcomer = newTable(ROOMY);
        private int id;

        public NewFile() {
            super(ROOMY);
        }

        @Actor
        public void registers() {
            id = symbols.register(TEXT).id;
        }

        @Actor
        public void attaches() {
            symbols.attach(newcomer);
        }

        @Arbiter
        public void result(Z_Result result) {
            result.r1 = read(newcomer, id, TEXT) == 1 && read(table, id, TEXT) == 1;
        }
    }
}
