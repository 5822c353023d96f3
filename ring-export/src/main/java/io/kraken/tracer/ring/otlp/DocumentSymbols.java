package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.ring.queue.BatchReader;

/**
 * Names or keys, read directly from the document whose records are being encoded. Ids are valid within one document
 * only, so nothing is cached.
 */
final class DocumentSymbols extends SymbolFields {

    private final int field;
    private BatchReader document;

    DocumentSymbols(int field) {
        this.field = field;
    }

    void document(BatchReader current) {
        document = current;
    }

    @Override
    int idLimit() {
        return document == null ? 0 : document.symbols() + 1;
    }

    @Override
    boolean write(ReverseProto proto, int symbol) {
        if (symbol <= 0 || symbol > document.symbols()) {
            return false;
        }
        proto.string(field, document.buffer(), document.symbolOffset(symbol), document.symbolLength(symbol));
        return true;
    }
}
