package io.kraken.tracer;

import io.kraken.tracer.text.Symbols;

/**
 * The name of an operation or of an event, best kept in a {@code static final} field. Creating one never fails,
 * whatever the text.
 */
public final class SpanName {

    final int symbol;
    final String text;

    private SpanName(Symbols.Symbol symbol) {
        this.symbol = symbol.id;
        this.text = symbol.text;
    }

    /** The text is interned for the life of the process. Null is taken as the empty name. */
    public static SpanName of(String text) {
        return new SpanName(Symbols.process().register(text == null ? "" : text));
    }

    @Override
    public String toString() {
        return text;
    }
}
