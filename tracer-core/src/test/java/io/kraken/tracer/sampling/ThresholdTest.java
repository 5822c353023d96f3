package io.kraken.tracer.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ThresholdTest {

    private static String written(long threshold) {
        final byte[] to = new byte[3 + Threshold.DIGITS];
        final int end = Threshold.write(threshold, to, 3);
        return new String(to, 3, end - 3, StandardCharsets.US_ASCII);
    }

    private static long parsed(String text) {
        final byte[] bytes = ("th:" + text + ";rv").getBytes(StandardCharsets.ISO_8859_1);
        return Threshold.parse(bytes, 3, 3 + text.length());
    }

    private static long randomness(String text) {
        final byte[] bytes = ("rv:" + text + ";").getBytes(StandardCharsets.ISO_8859_1);
        return Threshold.parseRandomness(bytes, 3, 3 + text.length());
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0",
        "0.5, 8",
        "0.25, c",
        "0.75, 4",
        "0.125, e",
        "0.1, e666666666666",
        "0.01, fd70a3d70a3d71",
        "1.3877787807814457E-17, ffffffffffffff",
        "1E-300, ffffffffffffff",
    })
    void writesRejectedFractionWithoutTrailingZeros(double rate, String digits) {
        final String text = written(Threshold.of(rate));
        assertTrue(text.startsWith(digits), text);
        assertTrue(digits.length() > 2 || text.equals(digits), text);
        assertEquals(Threshold.of(rate), parsed(text));
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.MIN_VALUE, 1e-300, 1e-18, 1e-17, 1e-9, 0.3, 1 - 1e-9, 1 - 0x1p-53})
    void roundingNeverGivesZeroOrOne(double rate) {
        final long threshold = Threshold.of(rate);
        assertTrue(threshold > 0 && threshold < Threshold.NEVER, () -> Long.toHexString(threshold));
        assertEquals(rate, Threshold.rate(threshold), 0x1p-56);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.NEGATIVE_INFINITY})
    void shareOfZeroSamplesNoRandomness(double rate) {
        assertEquals(Threshold.NEVER, Threshold.of(rate));
        assertEquals(0, Threshold.rate(Threshold.NEVER));
    }

    @ParameterizedTest
    @CsvSource({"8, 80000000000000", "0, 0", "c8, c8000000000000", "00000000000001, 1", "ffffffffffffff, ffffffffffffff"
    })
    void missingDigitsAreZeros(String text, String value) {
        assertEquals(Long.parseLong(value, 16), parsed(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "C8", "g", "c8 ", "-1", "0x1", "000000000000000", "\u00ff", "/", ":", "`"})
    void rejectsMalformedThreshold(String text) {
        assertEquals(-1, parsed(text));
        assertEquals(-1, Threshold.parse(new byte[4], 3, 1));
    }

    @Test
    void randomnessNeedsAllDigits() {
        assertEquals(0xab_cdef_0123_4567L, randomness("abcdef01234567"));
        assertEquals(0, randomness("00000000000000"));
        for (String none : new String[] {"", "abcdef0123456", "abcdef012345678", "ABCDEF01234567", "abcdef0123456g"}) {
            assertEquals(-1, randomness(none), none);
        }
    }

    @Test
    void readsWhatItWrites() {
        final SplittableRandom random = new SplittableRandom(56);
        for (int i = 0; i < 100_000; i++) {
            final long threshold =
                    random.nextLong(Threshold.NEVER) >> random.nextInt(56) << random.nextInt(56) & Threshold.NEVER - 1;
            final String text = written(threshold);
            assertEquals(threshold, parsed(text), text);
            assertTrue(text.equals("0") || !text.endsWith("0"), text);
        }
    }

    @Test
    void decisionContainsItsThreshold() {
        for (long threshold : new long[] {0, 1, Threshold.NEVER / 2, Threshold.NEVER - 1}) {
            final long decision = Decision.sampleAt(threshold);
            assertTrue(Decision.isSampled(decision) && Decision.isRecorded(decision));
            assertTrue(Decision.hasThreshold(decision));
            assertEquals(threshold, Decision.threshold(decision));
        }
        assertTrue(!Decision.hasThreshold(Decision.SAMPLE) && !Decision.isRecorded(Decision.DROP));
    }
}
