package io.kraken.tracer.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Threads;
import io.kraken.tracer.TracerFixture;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Strings are encoded to the same bytes as by the JDK's encoder, by every path. */
class Utf8Test {

    private static final StringKey KEY = Key.ofString("text");
    private static final SpanName NAME = SpanName.of("span");
    private static final int GUARD = 0x5A;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    /** One character of each kind: ASCII, the ends of each byte length, pairs, and lone surrogates. */
    static String[] kinds() {
        return new String[] {
            "a",
            "\0",
            "\u007F",
            "\u0080",
            "é",
            "\u00FF",
            "\u0100",
            "\u07FF",
            "\u0800",
            "€",
            "\uD7FF",
            "\uE000",
            "\uFFFF",
            "\uD83D\uDE00",
            "\uD800\uDC00",
            "\uDBFF\uDFFF",
            "\uD800",
            "\uDBFF",
            "\uDC00",
            "\uDFFF",
            "\uDC00\uD800"
        };
    }

    private static byte[] jdk(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** By both paths, at an odd offset; bytes before and after are not touched. */
    private static void assertAsTheJdk(String text) {
        final byte[] expected = jdk(text);
        assertEquals(expected.length, Utf8.length(text, text.length()));
        final ByteBuffer buffer = guarded(expected.length + 16);
        assertEquals(
                expected.length,
                Utf8.put(Memory.of(buffer), Memory.of(buffer).address(3), expected.length, text, text.length()));
        assertBytes(expected, buffer, expected.length);

        final ByteBuffer fast = guarded(text.length() + 16);
        final boolean ascii = expected.length == text.length() && text.chars().allMatch(c -> c < 0x80);
        assertEquals(ascii, Utf8.putAscii(Memory.of(fast), Memory.of(fast).address(3), text, text.length()), text);
        if (ascii) {
            assertBytes(expected, fast, expected.length);
        }
        assertEquals((byte) GUARD, fast.get(2));
        assertEquals((byte) GUARD, fast.get(3 + text.length()), "nothing is written beyond the characters");
    }

    private static ByteBuffer guarded(int length) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < length; i++) {
            buffer.put(i, (byte) GUARD);
        }
        return buffer;
    }

    private static void assertBytes(byte[] expected, ByteBuffer buffer, int length) {
        final byte[] written = new byte[length];
        buffer.get(3, written);
        assertArrayEquals(expected, written);
        assertEquals((byte) GUARD, buffer.get(2));
        assertEquals((byte) GUARD, buffer.get(3 + length));
    }

    @Test
    void asciiOfEveryLengthAroundTheStep() {
        final String alphabet = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (int length = 0; length <= 40; length++) {
            assertAsTheJdk(alphabet.substring(0, length));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void encodesEachKindAtEveryPosition(String kind) {
        for (int length = 0; length <= 40; length++) {
            for (int at = 0; at <= length; at++) {
                assertAsTheJdk("x".repeat(at) + kind + "y".repeat(length - at));
            }
        }
    }

    @Test
    void encodesRandomStrings() {
        final Random random = new Random(20260101);
        for (int i = 0; i < 50_000; i++) {
            assertAsTheJdk(random(random, random.nextInt(60)));
        }
    }

    private static String random(Random random, int length) {
        final String[] kinds = kinds();
        final boolean ascii = random.nextInt(3) == 0;
        final StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            switch (ascii ? 3 : random.nextInt(4)) {
                case 0 -> text.append((char) random.nextInt(0x10000));
                case 1 -> text.append(kinds[random.nextInt(kinds.length)]);
                default -> text.append("plain text of some words", 0, 1 + random.nextInt(23));
            }
        }
        return text.toString();
    }

    /** Of all lengths, to use every path: short, by the scratch, too long for it, too long for the record. */
    @Test
    void spansRecordRandomStringsByEveryPath() {
        final Random random = new Random(20260102);
        for (int i = 0; i < 20_000; i++) {
            final String text = random(random, 1 << random.nextInt(11));
            final Span span =
                    i % 2 == 0 ? traced.tracer().start(NAME) : traced.tracer().startDetached(NAME, SpanKind.INTERNAL);
            span.set(KEY, text).end();
            final ByteBuffer record = traced.lastRecord();
            final byte[] carried = new byte[record.getInt(RecordLayout.HEADER_LENGTH + 4)];
            record.get(RecordLayout.HEADER_LENGTH + 8, carried);
            assertArrayEquals(jdk(text), carried);
            assertEquals(RecordLayout.HEADER_LENGTH + 8 + carried.length, record.capacity());
            traced.sink.forget();
        }
    }

    @Test
    void concurrentThreadsDoNotMixTheirTexts() {
        final Span shared = traced.tracer().startDetached(SpanName.of("shared"), SpanKind.INTERNAL);
        Threads.run(4, thread -> {
            final String mine = Character.toString("aé€x".charAt(thread)).repeat(100);
            for (int i = 0; i < 2_000; i++) {
                shared.set(KEY, mine);
                traced.tracer()
                        .startDetached(NAME, SpanKind.INTERNAL)
                        .set(KEY, mine)
                        .end();
            }
        });
        shared.end();
        final String text = "  [.]text = \"(a+|é+|€+|x+)\"";
        assertTrue(
                traced.picture().lines().filter(line -> line.startsWith("  ")).allMatch(line -> line.matches(text)));
        assertEquals(8_001, traced.sink.published().size());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void truncatesBetweenCodePoints(String kind) {
        final String text = kind.repeat(5);
        for (int room = 0; room <= jdk(text).length; room++) {
            final ByteBuffer buffer = guarded(room + 16);
            final int written = Utf8.put(Memory.of(buffer), Memory.of(buffer).address(3), room, text, text.length());
            final byte[] bytes = new byte[written];
            buffer.get(3, bytes);
            assertEquals((byte) GUARD, buffer.get(3 + written));
            final int points = new String(bytes, StandardCharsets.UTF_8).codePointCount(0, charCount(bytes));
            assertArrayEquals(jdk(text.substring(0, text.offsetByCodePoints(0, points))), bytes);
            assertTrue(room - written < 4, "truncated no more than necessary");
        }
    }

    private static int charCount(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).length();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void spanRecordsEachKind(String kind) {
        for (int length = 0; length <= 40; length++) {
            final String text = "z".repeat(length) + kind;
            try (Span span = traced.tracer().start(NAME)) {
                span.set(KEY, text).event(NAME).set(KEY, text);
            }
            final String read = new String(jdk(text), StandardCharsets.UTF_8);
            assertEquals(
                    "span INTERNAL\n  .text = \"" + read + "\"\n  * span {text=\"" + read + "\"}\n", traced.picture());
            traced.sink.forget();
        }
    }
}
