package io.kraken.tracer.ring.otlp;

/**
 * Names or keys as string fields. This is a class rather than an interface because calls cost nothing while only one
 * subclass is loaded.
 */
abstract class SymbolFields {

    /** Exclusive upper bound of the ids. */
    abstract int idLimit();

    /** Writes the text as a field; false when the symbol is unknown. */
    abstract boolean write(ReverseProto proto, int symbol);
}
