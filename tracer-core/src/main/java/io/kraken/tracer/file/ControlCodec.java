package io.kraken.tracer.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The encoding of control words as the payload of a slot, described in {@link SpanFileLayout}. Validates all it reads.
 */
final class ControlCodec {

    private static final int RECORDING = 1;
    private static final int RATE = 2;
    private static final int LOWER_BOUND = 4;
    private static final int LIMIT = 8;
    private static final int BREAKER = 16;
    private static final int THRESHOLD = 32;
    private static final int ALL = 63;
    private static final int SWITCHES = RECORDING | BREAKER;

    /** Length of an operation without its name. */
    private static final int OPERATION_LENGTH = 2 * Double.BYTES + Integer.BYTES;

    private ControlCodec() {}

    /** @throws IllegalArgumentException if the words do not fit into a slot */
    static byte[] encode(ControlWords words) {
        final Map<String, ControlWords.Rate> operations = words.operations();
        if (operations.size() > ControlWords.MAX_OPERATIONS) {
            throw new IllegalArgumentException(
                    operations.size() + " operations exceed the maximum of " + ControlWords.MAX_OPERATIONS);
        }
        final ByteBuffer to =
                ByteBuffer.allocate(SpanFileLayout.CONTROL_PAYLOAD_MOST).order(ByteOrder.LITTLE_ENDIAN);
        final ControlWords.Breaker breaker = words.breaker();
        to.putInt(bitIf(RECORDING, words.recording())
                | bitIf(RATE, words.rate())
                | bitIf(LOWER_BOUND, words.lowerBound())
                | bitIf(LIMIT, words.limit())
                | bitIf(BREAKER, breaker.on())
                | bitIf(THRESHOLD, breaker.threshold()));
        to.putInt(on(RECORDING, words.recording()) | on(BREAKER, breaker.on()));
        to.putDouble(number(words.rate()));
        to.putDouble(number(words.lowerBound()));
        to.putDouble(number(words.limit()));
        to.putDouble(number(breaker.threshold()));
        to.putInt(operations.size());
        operations.forEach((name, rate) -> encode(to, name, rate));
        final byte[] payload = new byte[to.position()];
        to.get(0, payload);
        return payload;
    }

    private static void encode(ByteBuffer to, String name, ControlWords.Rate rate) {
        final byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > ControlWords.MAX_NAME_LENGTH || to.remaining() < OPERATION_LENGTH + bytes.length) {
            throw new IllegalArgumentException("operation '" + name + "' does not fit: a name has at most "
                    + ControlWords.MAX_NAME_LENGTH + " bytes, all control words together " + to.capacity());
        }
        to.putDouble(rate.share()).putDouble(rate.lowerBound());
        to.putInt(bytes.length).put(bytes);
    }

    private static int bitIf(int part, Object value) {
        return value == null ? 0 : part;
    }

    private static int on(int part, Boolean value) {
        return value != null && value ? part : 0;
    }

    private static double number(Double value) {
        return value == null ? 0 : value;
    }

    /** Null if the payload is invalid. */
    static ControlWords decode(byte[] payload) {
        final ByteBuffer from = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        try {
            return from.remaining() < 2 * Integer.BYTES + 4 * Double.BYTES + Integer.BYTES ? null : decode(from);
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return null;
        }
    }

    private static ControlWords decode(ByteBuffer from) throws CharacterCodingException {
        final int set = from.getInt();
        final int on = from.getInt();
        if ((set & ~ALL) != 0 || (on & ~(set & SWITCHES)) != 0) {
            return null;
        }
        final Double rate = number(set & RATE, from.getDouble());
        final Double lowerBound = number(set & LOWER_BOUND, from.getDouble());
        final Double limit = number(set & LIMIT, from.getDouble());
        final Double threshold = number(set & THRESHOLD, from.getDouble());
        final Map<String, ControlWords.Rate> operations = operations(from);
        if (operations == null) {
            return null;
        }
        final ControlWords.Breaker breaker =
                new ControlWords.Breaker((set & BREAKER) == 0 ? null : (on & BREAKER) != 0, threshold);
        final Boolean recording = (set & RECORDING) == 0 ? null : (on & RECORDING) != 0;
        return new ControlWords(recording, rate, lowerBound, limit, breaker, operations);
    }

    private static Double number(int bit, double value) {
        return bit == 0 ? null : Double.valueOf(value);
    }

    /** Decodes the rest of the payload; null if it is invalid. */
    private static Map<String, ControlWords.Rate> operations(ByteBuffer from) throws CharacterCodingException {
        final int count = from.getInt();
        if (count < 0 || count > ControlWords.MAX_OPERATIONS) {
            return null;
        }
        final Map<String, ControlWords.Rate> operations = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            if (from.remaining() < OPERATION_LENGTH) {
                return null;
            }
            final ControlWords.Rate rate = new ControlWords.Rate(from.getDouble(), from.getDouble());
            final int length = from.getInt();
            if (length <= 0 || length > ControlWords.MAX_NAME_LENGTH || length > from.remaining()) {
                return null;
            }
            final ByteBuffer name = from.slice(from.position(), length);
            from.position(from.position() + length);
            operations.put(StandardCharsets.UTF_8.newDecoder().decode(name).toString(), rate);
        }
        return operations.size() == count && !from.hasRemaining() ? operations : null;
    }
}
