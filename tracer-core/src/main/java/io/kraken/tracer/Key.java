package io.kraken.tracer;

import io.kraken.tracer.text.Symbols;

/**
 * The key of an attribute and the type of its values, best kept in a {@code static final} field. Keys with the same
 * text are the same key: the last value set under it counts, whatever its type.
 */
public abstract class Key {

    final int symbol;
    final String text;

    private Key(String text) {
        final Symbols.Symbol known = Symbols.process().register(text == null ? "" : text);
        this.symbol = known.id;
        this.text = known.text;
    }

    public static StringKey ofString(String text) {
        return new StringKey(text);
    }

    public static LongKey ofLong(String text) {
        return new LongKey(text);
    }

    public static DoubleKey ofDouble(String text) {
        return new DoubleKey(text);
    }

    public static BooleanKey ofBoolean(String text) {
        return new BooleanKey(text);
    }

    public static StringsKey ofStrings(String text) {
        return new StringsKey(text);
    }

    public static LongsKey ofLongs(String text) {
        return new LongsKey(text);
    }

    public static DoublesKey ofDoubles(String text) {
        return new DoublesKey(text);
    }

    public static BooleansKey ofBooleans(String text) {
        return new BooleansKey(text);
    }

    /** The id of the text in every span file, or {@code EntryLayout.INLINE_SYMBOL}. */
    public int symbol() {
        return symbol;
    }

    @Override
    public String toString() {
        return text;
    }

    public static final class StringKey extends Key {
        private StringKey(String text) {
            super(text);
        }
    }

    public static final class LongKey extends Key {
        private LongKey(String text) {
            super(text);
        }
    }

    public static final class DoubleKey extends Key {
        private DoubleKey(String text) {
            super(text);
        }
    }

    public static final class BooleanKey extends Key {
        private BooleanKey(String text) {
            super(text);
        }
    }

    public static final class StringsKey extends Key {
        private StringsKey(String text) {
            super(text);
        }
    }

    public static final class LongsKey extends Key {
        private LongsKey(String text) {
            super(text);
        }
    }

    public static final class DoublesKey extends Key {
        private DoublesKey(String text) {
            super(text);
        }
    }

    public static final class BooleansKey extends Key {
        private BooleansKey(String text) {
            super(text);
        }
    }
}
