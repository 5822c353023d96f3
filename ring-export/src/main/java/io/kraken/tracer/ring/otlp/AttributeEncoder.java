package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Encoder of the attributes of a span, an event or a link as KeyValue messages. Each key is written once: the entries
 * are walked from the last to the first, and a key that was already written is skipped, so that the last value set
 * wins.
 */
final class AttributeEncoder {

    static final int KEY = 1;
    private static final int VALUE = 2;

    private static final int STRING_VALUE = 1;
    private static final int BOOL_VALUE = 2;
    private static final int INT_VALUE = 3;
    private static final int DOUBLE_VALUE = 4;
    private static final int ARRAY_VALUE = 5;

    private final ReverseProto proto;
    private final SymbolFields keys;
    private final EntryCursor cursor = new EntryCursor();
    /**
     * By symbol: the number of the {@link #write} call that last wrote this key. Comparing with the current call number
     * saves clearing the array each time.
     */
    private int[] writtenIn;

    private int call;
    private int[] inlineWritten = new int[16];
    private int[] nested = new int[16];
    private int[] items = new int[16];

    AttributeEncoder(ReverseProto proto, SymbolFields keys) {
        this.proto = proto;
        this.keys = keys;
        symbols(keys.idLimit());
    }

    /** Grows the table, so that ids below this limit can be written. */
    void symbols(int idLimit) {
        if (writtenIn == null || idLimit > writtenIn.length) {
            writtenIn = new int[idLimit];
        }
    }

    /** Writes those of the entries that are attributes. False when a key's symbol is unknown. */
    boolean write(ByteBuffer in, int[] entries, int count, int field) {
        if (++call == 0) {
            Arrays.fill(writtenIn, 0);
            call = 1;
        }
        int inlineKeys = 0;
        for (int i = count - 1; i >= 0; i--) {
            final int at = entries[i];
            final int tag = in.getInt(at);
            if (EntryLayout.type(tag) > EntryLayout.STRINGS) {
                continue;
            }
            final int symbol = EntryLayout.symbol(tag);
            if (symbol == EntryLayout.INLINE_SYMBOL) {
                if (!isInlineWritten(in, at, inlineKeys)) {
                    inlineKeys = writeInline(in, at, field, inlineKeys);
                }
            } else if (symbol == 0 || symbol >= writtenIn.length) {
                return false;
            } else if (writtenIn[symbol] != call) {
                writtenIn[symbol] = call;
                final int mark = proto.mark();
                writeValue(in, EntryLayout.type(tag), at + EntryLayout.TAG_LENGTH);
                if (!keys.write(proto, symbol)) {
                    return false;
                }
                proto.message(field, mark);
            }
        }
        return true;
    }

    /** Writes the attributes inside an event or a link, which must have been validated before. */
    boolean writeNested(ByteBuffer in, int from, int end, int field) {
        int count = 0;
        cursor.wrap(in, from, end);
        while (cursor.next()) {
            if (count == nested.length) {
                nested = Arrays.copyOf(nested, count * 2);
            }
            nested[count++] = cursor.offset();
        }
        return write(in, nested, count, field);
    }

    private int writeInline(ByteBuffer in, int at, int field, int inlineKeys) {
        final int mark = proto.mark();
        final int keyLength = in.getInt(at + EntryLayout.TAG_LENGTH);
        final int key = at + EntryLayout.PREFIX_LENGTH;
        writeValue(in, EntryLayout.type(in.getInt(at)), key + keyLength);
        proto.string(KEY, in, key, keyLength);
        proto.message(field, mark);
        if (inlineKeys == inlineWritten.length) {
            inlineWritten = Arrays.copyOf(inlineWritten, inlineKeys * 2);
        }
        inlineWritten[inlineKeys] = at;
        return inlineKeys + 1;
    }

    private boolean isInlineWritten(ByteBuffer in, int at, int inlineKeys) {
        final int length = in.getInt(at + EntryLayout.TAG_LENGTH);
        for (int i = 0; i < inlineKeys; i++) {
            final int other = inlineWritten[i];
            if (in.getInt(other + EntryLayout.TAG_LENGTH) == length && isSame(in, at, other, length)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSame(ByteBuffer in, int one, int other, int length) {
        for (int i = EntryLayout.PREFIX_LENGTH; i < EntryLayout.PREFIX_LENGTH + length; i++) {
            if (in.get(one + i) != in.get(other + i)) {
                return false;
            }
        }
        return true;
    }

    /** Writes the value field of a KeyValue: an AnyValue. */
    private void writeValue(ByteBuffer in, int type, int at) {
        final int mark = proto.mark();
        switch (type) {
            case EntryLayout.STRING:
                proto.stringMessage(VALUE, STRING_VALUE, in, at + Integer.BYTES, in.getInt(at));
                break;
            case EntryLayout.LONG:
                proto.varint(in.getLong(at));
                proto.numberMessage(VALUE, INT_VALUE, ReverseProto.VARINT, mark);
                break;
            case EntryLayout.DOUBLE:
                proto.fixed64(in.getLong(at));
                proto.numberMessage(VALUE, DOUBLE_VALUE, ReverseProto.FIXED64, mark);
                break;
            case EntryLayout.TRUE:
            case EntryLayout.FALSE:
                proto.varint(type == EntryLayout.TRUE ? 1 : 0);
                proto.numberMessage(VALUE, BOOL_VALUE, ReverseProto.VARINT, mark);
                break;
            default:
                writeArray(in, type, at + Integer.BYTES, in.getInt(at));
                proto.message(ARRAY_VALUE, mark);
                proto.message(VALUE, mark);
        }
    }

    /** Writes the items of an ArrayValue, the last one first. */
    private void writeArray(ByteBuffer in, int type, int at, int length) {
        if (type == EntryLayout.STRINGS) {
            writeStrings(in, at, length);
            return;
        }
        final int step = type == EntryLayout.BOOLEANS ? 1 : Long.BYTES;
        for (int item = at + length - step; item >= at; item -= step) {
            final int mark = proto.mark();
            switch (type) {
                case EntryLayout.LONGS:
                    proto.int64(INT_VALUE, in.getLong(item));
                    break;
                case EntryLayout.DOUBLES:
                    proto.fixed64(DOUBLE_VALUE, in.getLong(item));
                    break;
                default:
                    proto.int64(BOOL_VALUE, in.get(item) != 0 ? 1 : 0);
            }
            proto.message(1, mark);
        }
    }

    private void writeStrings(ByteBuffer in, int at, int length) {
        int count = 0;
        for (int item = at; item < at + length; item += Integer.BYTES + Math.max(0, in.getInt(item))) {
            if (count == items.length) {
                items = Arrays.copyOf(items, count * 2);
            }
            items[count++] = item;
        }
        for (int i = count - 1; i >= 0; i--) {
            final int mark = proto.mark();
            final int bytes = in.getInt(items[i]);
            if (bytes >= 0) {
                proto.string(STRING_VALUE, in, items[i] + Integer.BYTES, bytes);
            }
            proto.message(1, mark);
        }
    }
}
