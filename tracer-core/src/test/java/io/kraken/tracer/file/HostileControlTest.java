package io.kraken.tracer.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.kraken.tracer.file.ControlWords.Author;
import io.kraken.tracer.file.ControlWords.Rate;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Slots written by the description in {@link SpanFileLayout}, with its numbers, and with one error each. The result is
 * always the same: the previous words stay in force, the slot is counted once, and the next valid words are applied.
 */
class HostileControlTest {

    private static final SpanFileLayout LAYOUT = new SpanFileLayout(new SpanFileLayout.Shape(256, 2, Mem.PAGE));
    private static final ControlWords HALF = ControlWords.EMPTY.withRate(0.5);
    private static final double NAN = Double.NaN;
    private static final int MOST = 16_368;

    private final SpanFile file = SpanFile.anonymous(LAYOUT);
    private final ControlSlots writer = new ControlSlots(file.buffer(), LAYOUT);
    private final ByteBuffer memory = file.buffer();
    private int firstSlot;
    private int slot;

    @BeforeEach
    void setRateOfOneHalf() {
        file.begin(0, 0, 0, false);
        firstSlot = memory.getInt(84) + 4096;
        slot = firstSlot + 16_384;
        assertEquals(1, writer.write(Author.OPERATOR, HALF));
        file.readControl();
        assertEquals(HALF, file.control());
    }

    /** A payload in the making; valid unless something invalid is put into it. */
    private record Payload(ByteBuffer bytes) {

        static Payload of(int parts, int on, double... numbers) {
            final ByteBuffer bytes = ByteBuffer.allocate(MOST + 1000).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(parts).putInt(on);
            for (int i = 0; i < 4; i++) {
                bytes.putDouble(i < numbers.length ? numbers[i] : 0);
            }
            return new Payload(bytes);
        }

        static Payload rate(double rate) {
            return of(2, 0, rate).count(0);
        }

        Payload count(int count) {
            bytes.putInt(count);
            return this;
        }

        Payload operation(double rate, double lowerBound, int length, byte... name) {
            bytes.putDouble(rate).putDouble(lowerBound).putInt(length).put(name);
            return this;
        }

        Payload operation(double rate, double lowerBound, String name) {
            return operation(rate, lowerBound, name.getBytes(UTF_8).length, name.getBytes(UTF_8));
        }

        byte[] end() {
            return Arrays.copyOf(bytes.array(), bytes.position());
        }
    }

    private static Arguments payload(String what, Payload payload) {
        return Arguments.of(what, payload.end());
    }

    private static Payload operations(int count, UnaryOperator<String> name) {
        final Payload payload = Payload.of(0, 0).count(count);
        for (int i = 0; i < count; i++) {
            payload.operation(0.5, 0, name.apply(Integer.toString(i)));
        }
        return payload;
    }

    static Stream<Arguments> payloadsThatMakeNoSense() {
        final Payload one = Payload.of(0, 0).count(1);
        return Stream.of(
                Arguments.of("nothing", new byte[0]),
                Arguments.of("a byte too few", Arrays.copyOf(Payload.rate(0.5).end(), 43)),
                payload("a byte too many", new Payload(Payload.rate(0.5).bytes().put((byte) 0))),
                payload("a part that does not exist", Payload.of(64, 0).count(0)),
                payload(
                        "all parts there are and more",
                        Payload.of(-1, 0, 0.5, 1, 1, 0.5).count(0)),
                payload("a switch that is no switch", Payload.of(3, 2, 0.5).count(0)),
                payload("a switch that is on but not set", Payload.of(2, 1, 0.5).count(0)),
                payload("a rate that is no number", Payload.rate(NAN)),
                payload("a negative rate", Payload.rate(-0.001)),
                payload("a rate above one", Payload.rate(1.001)),
                payload("an infinite rate", Payload.rate(Double.POSITIVE_INFINITY)),
                payload("a negative lower bound", Payload.of(4, 0, 0, -1).count(0)),
                payload(
                        "a lower bound that is no number",
                        Payload.of(4, 0, 0, NAN).count(0)),
                payload("a limit that is no number", Payload.of(8, 0, 0, 0, NAN).count(0)),
                payload(
                        "an infinite limit",
                        Payload.of(8, 0, 0, 0, Double.POSITIVE_INFINITY).count(0)),
                payload(
                        "a limit beyond all reason",
                        Payload.of(8, 0, 0, 0, 1.1e9).count(0)),
                payload("a threshold of nothing", Payload.of(32, 0, 0, 0, 0, 0).count(0)),
                payload("a threshold above one", Payload.of(32, 0, 0, 0, 0, 1.5).count(0)),
                payload(
                        "a threshold that is no number",
                        Payload.of(32, 0, 0, 0, 0, NAN).count(0)),
                payload("less than no operations", Payload.of(0, 0).count(-1)),
                payload("an operation that is missing", Payload.of(0, 0).count(1)),
                payload("more operations than fit", Payload.of(0, 0).count(Integer.MAX_VALUE)),
                payload("too many operations", operations(257, number -> number)),
                payload("the same operation twice", operations(2, number -> "twice")),
                payload(
                        "an operation's rate above one",
                        Payload.of(0, 0).count(1).operation(2, 0, "a")),
                payload(
                        "an operation's rate that is no number",
                        Payload.of(0, 0).count(1).operation(NAN, 0, "a")),
                payload(
                        "an operation's lower bound below 0",
                        Payload.of(0, 0).count(1).operation(1, -1, "a")),
                payload("an operation without a name", Payload.of(0, 0).count(1).operation(1, 0, "")),
                payload("a name of negative length", Payload.of(0, 0).count(1).operation(1, 0, -1, (byte) 'a')),
                payload("a name that ends behind the end", one.operation(1, 0, 2, (byte) 'a')),
                payload("a name as long as memory", Payload.of(0, 0).count(1).operation(1, 0, Integer.MAX_VALUE)),
                payload("a name that is too long", operations(1, number -> "x".repeat(1025))),
                payload("a name that is no UTF-8", Payload.of(0, 0).count(1).operation(1, 0, 1, (byte) 0xC3)),
                payload(
                        "half of a surrogate",
                        Payload.of(0, 0).count(1).operation(1, 0, 3, (byte) 0xED, (byte) 0xA0, (byte) 0x80)),
                payload(
                        "one good operation, one bad",
                        Payload.of(2, 0, 1).count(2).operation(0.5, 0, "good").operation(5, 0, "bad")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("payloadsThatMakeNoSense")
    void ignoresInvalidPayload(String what, byte[] payload) {
        put(2, payload.length, payload, check(2, payload.length, payload));
        assertIgnoredAndTheNextOneApplied(3);
    }

    @Test
    void acceptsTheSamePayloadsIfValid() {
        final byte[] most = operations(256, number -> number).end();
        put(2, most.length, most, check(2, most.length, most));
        file.readControl();
        assertEquals(256, file.control().operations().size());
        final byte[] parts = Payload.of(63, 17, 0.25, 1, 100, 0.8)
                .count(1)
                .operation(1, 2, "ü".repeat(512))
                .end();
        slot = firstSlot;
        put(3, parts.length, parts, check(3, parts.length, parts));
        file.readControl();
        final ControlWords all = new ControlWords(
                true,
                0.25,
                1.0,
                100.0,
                new ControlWords.Breaker(true, 0.8),
                file.control().operations());
        assertEquals(all, file.control());
        assertEquals(new Rate(1, 2), all.operations().get("ü".repeat(512)));
        assertEquals(0, file.counters().get(Counter.CONTROL_REFUSED));
    }

    static Stream<Arguments> headsThatAreWrong() {
        final byte[] sound = Payload.rate(1).end();
        final int length = sound.length;
        return Stream.of(
                Arguments.of("a check value of another payload", 2, length, check(2, length, new byte[length])),
                Arguments.of("a check value of another generation", 2, length, check(1, length, sound)),
                Arguments.of("a check value of another length", 2, length, check(2, length - 1, sound)),
                Arguments.of("no check value", 2, length, 0),
                Arguments.of("a length beyond the slot", 2, MOST + 1, check(2, MOST + 1, sound)),
                Arguments.of("a length beyond the memory", 2, Integer.MAX_VALUE, check(2, Integer.MAX_VALUE, sound)),
                Arguments.of("a negative length", 2, -1, check(2, -1, sound)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("headsThatAreWrong")
    void ignoresSlotWithInvalidHead(String what, long generation, int length, int check) {
        put(generation, length, Payload.rate(1).end(), check);
        assertIgnoredAndTheNextOneApplied(3);
    }

    @Test
    void ignoresGenerationAboveTheMaximum() {
        for (long generation : new long[] {-1, Long.MIN_VALUE, (1L << 62) + 1, Long.MAX_VALUE}) {
            final byte[] payload = Payload.rate(1).end();
            put(generation, payload.length, payload, check(generation, payload.length, payload));
            file.readControl();
            assertEquals(HALF, file.control());
        }
        assertEquals(4, file.counters().get(Counter.CONTROL_REFUSED));
        assertEquals(2, writer.write(Author.OPERATOR, HALF.withRate(0.75)));
        file.readControl();
        assertEquals(0.75, file.control().rate());
    }

    @Test
    void generationWrapsAround() {
        final byte[] payload = Payload.rate(1).end();
        put(1L << 62, payload.length, payload, check(1L << 62, payload.length, payload));
        file.readControl();
        assertEquals(1.0, file.control().rate(), "valid, whichever process wrote it");
        assertEquals(1, writer.write(Author.OPERATOR, HALF.withRate(0.75)));
        file.readControl();
        assertEquals(0.75, file.control().rate());
        assertEquals(2, writer.write(Author.OPERATOR, HALF));
        file.readControl();
        assertEquals(HALF, file.control());
    }

    /** As left by a writer that dies between any two of its stores. */
    @Test
    void ignoresHalfWrittenSlotWithoutCountingIt() {
        final byte[] payload = Payload.rate(1).end();
        for (int written = -2; written <= payload.length; written++) {
            memory.putLong(slot, 0);
            memory.putInt(slot + 8, written >= -1 ? payload.length : 0);
            memory.putInt(slot + 12, written >= 0 ? check(2, payload.length, payload) : 0);
            memory.put(slot + 16, payload, 0, Math.max(0, written));
            file.readControl();
            assertEquals(HALF, file.control());
        }
        assertEquals(0, file.counters().get(Counter.CONTROL_REFUSED));
        memory.putLong(slot, 2);
        file.readControl();
        assertEquals(1.0, file.control().rate(), "with one more store it is valid");
    }

    @Test
    void detectsEveryFlippedBit() {
        writer.write(Author.OPERATOR, HALF.withRate(1.0).withOperation("operation", new Rate(0.5, 1)));
        final int length = 16 + memory.getInt(slot + 8);
        for (int bit = 0; bit < length * 8; bit++) {
            final int at = slot + bit / 8;
            final byte right = memory.get(at);
            memory.put(at, (byte) (right ^ 1 << bit % 8));
            assertEquals(1, writer.newest(Author.OPERATOR).generation(), "bit " + bit);
            memory.put(at, right);
        }
        assertEquals(2, writer.newest(Author.OPERATOR).generation());
    }

    @Test
    void keepsWordsInForceIfBothSlotsAreDamaged() {
        writer.write(Author.OPERATOR, HALF.withRate(0.75));
        file.readControl();
        for (int at : new int[] {firstSlot, slot}) {
            memory.putLong(at, 7);
        }
        file.readControl();
        assertEquals(0.75, file.control().rate());
        assertEquals(2, file.counters().get(Counter.CONTROL_REFUSED));
        assertEquals(8, writer.write(Author.OPERATOR, HALF));
        file.readControl();
        assertEquals(HALF, file.control());
    }

    /** With the right check value, as a malicious writer would do. */
    @Test
    void randomBytesAreValidWordsOrNone() {
        final Random random = new Random(7);
        final byte[] sound = ControlCodec.encode(HALF.withOperation("one", new Rate(0.5, 1))
                .withOperation("two", new Rate(1, 0))
                .withBreaker(true, 0.5));
        int words = 0;
        for (int i = 0; i < 20_000; i++) {
            final byte[] payload = Arrays.copyOf(sound, i % 4 == 0 ? random.nextInt(sound.length + 9) : sound.length);
            for (int changes = random.nextInt(4); changes > 0 && payload.length > 0; changes--) {
                payload[random.nextInt(payload.length)] = (byte) random.nextInt();
            }
            final ControlWords decoded = ControlCodec.decode(payload);
            words += decoded == null ? 0 : 1;
            if (decoded != null) {
                assertEquals(decoded, ControlCodec.decode(ControlCodec.encode(decoded)));
            }
        }
        assertNotNull(ControlCodec.decode(sound));
        assertNull(ControlCodec.decode(new byte[0]));
        assertEquals(true, words > 1_000 && words < 19_000, words + " of them");
    }

    private void assertIgnoredAndTheNextOneApplied(long next) {
        for (int i = 0; i < 3; i++) {
            file.readControl();
            assertEquals(HALF, file.control());
        }
        assertEquals(1, file.counters().get(Counter.CONTROL_REFUSED), "counted once");
        final ControlWords words = HALF.withRate(0.75);
        assertEquals(next, writer.write(Author.OPERATOR, words));
        file.readControl();
        assertEquals(words, file.control());
        assertEquals(1, file.counters().get(Counter.CONTROL_REFUSED));
    }

    private void put(long generation, int length, byte[] payload, int check) {
        memory.putInt(slot + 8, length).putInt(slot + 12, check);
        memory.put(slot + 16, payload, 0, Math.min(payload.length, MOST));
        memory.putLong(slot, generation);
    }

    private static int check(long generation, int length, byte[] payload) {
        final CRC32C check = new CRC32C();
        check.update(ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(generation)
                .putInt(length)
                .flip());
        check.update(payload);
        return (int) check.getValue();
    }
}
