package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.file.SymbolTable;
import io.kraken.tracer.file.Utf8Check;
import java.nio.ByteBuffer;

/**
 * Names or keys as string fields, which are encoded on first use and cached; the cache is bounded by the size of the
 * symbol table.
 */
final class SymbolPieces extends SymbolFields {

    private final SymbolTable symbols;
    private final int field;
    private final ReverseProto.Piece[] pieces;

    SymbolPieces(SymbolTable symbols, int field) {
        this.symbols = symbols;
        this.field = field;
        this.pieces = new ReverseProto.Piece[symbols.idLimit()];
    }

    @Override
    int idLimit() {
        return pieces.length;
    }

    @Override
    boolean write(ReverseProto proto, int symbol) {
        final ReverseProto.Piece piece = symbol > 0 && symbol < pieces.length ? pieces[symbol] : null;
        if (piece == null && !encode(symbol)) {
            return false;
        }
        proto.piece(pieces[symbol]);
        return true;
    }

    private boolean encode(int symbol) {
        final byte[] text = symbols.text(symbol);
        if (text == null || !Utf8Check.isValid(ByteBuffer.wrap(text), 0, text.length)) {
            return false; // a corrupted id may point into the middle of a text
        }
        final ReverseProto proto = new ReverseProto();
        proto.begin(ReverseProto.newBuffer(text.length + 8));
        proto.piece(new ReverseProto.Piece(text));
        proto.varint(text.length);
        proto.tag(field, ReverseProto.LENGTH);
        pieces[symbol] = new ReverseProto.Piece(proto.toBytes());
        return true;
    }
}
