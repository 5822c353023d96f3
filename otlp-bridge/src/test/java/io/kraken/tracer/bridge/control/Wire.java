package io.kraken.tracer.bridge.control;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Protobuf messages written byte by byte from the specification, independent of the code under test. */
final class Wire {

    private Wire() {}

    /** A nested message of less than 128 bytes. */
    static byte[] message(int field, byte[] bytes) {
        return concat(new byte[] {(byte) (field << 3 | 2), (byte) bytes.length}, bytes);
    }

    /** A double as the first field. */
    static byte[] message1(double value) {
        return number(1, value);
    }

    static byte[] number(int field, double value) {
        final byte[] bytes = new byte[9];
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) (field << 3 | 1))
                .putDouble(value);
        return bytes;
    }

    /** A strategy: rate 0.5, lower bound 2, one operation; with unknown fields in between. */
    static byte[] perOperation(String operation, double rate) {
        final byte[] one = concat(
                message(1, operation.getBytes(StandardCharsets.UTF_8)),
                message(9, new byte[3]),
                message(2, number(1, rate)));
        return concat(
                new byte[] {8, 0, 120, 5},
                message(4, concat(number(1, 0.5), number(2, 2), message(3, one), number(4, 9))));
    }

    static byte[] concat(byte[]... parts) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
