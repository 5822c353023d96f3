package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Utf8Check;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class Utf8CheckTest {

    private static boolean isValidToTheJdk(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static void assertSameAsTheJdk(byte[] bytes) {
        final byte[] among = new byte[bytes.length + 2];
        among[0] = (byte) 0xE2;
        among[among.length - 1] = (byte) 0x82;
        System.arraycopy(bytes, 0, among, 1, bytes.length);
        assertEquals(
                isValidToTheJdk(bytes),
                Utf8Check.isValid(ByteBuffer.wrap(among), 1, among.length - 1),
                () -> java.util.HexFormat.of().formatHex(bytes));
    }

    @Test
    void agreesWithJdkOnSequencesOfOneToThreeBytes() {
        for (int value = 0; value < 1 << 24; value += value < 0x10000 ? 1 : 61) {
            final int length = value < 0x100 ? 1 : value < 0x10000 ? 2 : 3;
            final byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) (value >>> 8 * i);
            }
            if (bytes[0] < 0) {
                assertSameAsTheJdk(bytes);
            }
        }
    }

    @Test
    void agreesWithJdkOnFourByteSequencesAndDamagedText() {
        final SplittableRandom random = new SplittableRandom(7);
        final RandomText text = new RandomText(random);
        int good = 0;
        for (int i = 0; i < 200_000; i++) {
            final byte[] bytes = text.of(i % 8, random.nextInt(6)).getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && i % 3 != 0) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            good += isValidToTheJdk(bytes) ? 1 : 0;
            assertSameAsTheJdk(bytes);
        }
        assertTrue(good > 50_000 && good < 180_000, "valid and invalid sequences must both occur: " + good);
        for (int second = 0; second < 256; second++) {
            for (int lead = 0xEE; lead < 0x100; lead++) {
                assertSameAsTheJdk(new byte[] {(byte) lead, (byte) second, (byte) 0x80, (byte) 0xBF});
            }
        }
    }
}
