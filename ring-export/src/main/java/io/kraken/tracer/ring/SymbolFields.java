package io.kraken.tracer.ring;

/**
 * Names or keys as string fields. A class and not an interface: as long as a process loads only one kind of them, a
 * call costs nothing.
 */
abstract class SymbolFields {

    /** One more than the largest id there can be. */
    abstract int idLimit();

    /** Writes the text as the field; false when there is no such symbol. */
    abstract boolean write(ReverseProto proto, int symbol);
}
