package io.kraken.tracer.bridge;

import java.util.Arrays;
import java.util.Random;

/** A kind of damage of a file. */
final class Damage {

    private static final int HEAD = 1024;
    private static final int FLIPS = 20;

    final byte[] bytes;
    /** The first byte that differs; the end of the file when it was truncated. */
    final int first;
    /** The file is truncated there. */
    final boolean cut;

    private Damage(byte[] sound, byte[] bytes, boolean cut) {
        this.bytes = bytes;
        this.cut = cut;
        final int mismatch = Arrays.mismatch(sound, bytes);
        first = mismatch < 0 ? sound.length : mismatch;
    }

    /** @param busy the length of the range in which the damage begins */
    static Damage of(byte[] sound, int busy, Random random) {
        if (sound.length == 0) {
            return new Damage(sound, new byte[] {1}, false);
        }
        // The first pages hold headers and the index, most documents follow them.
        final int from = random.nextInt(random.nextInt(3) == 0 ? Math.min(HEAD, busy) : busy);
        if (random.nextInt(5) == 0) {
            return new Damage(sound, Arrays.copyOf(sound, from), true);
        }
        final byte[] bytes = sound.clone();
        final int length = Math.min(bytes.length - from, 1 + random.nextInt(1 << random.nextInt(16)));
        switch (random.nextInt(4)) {
            case 0 -> Arrays.fill(bytes, from, from + length, (byte) 0);
            case 1 -> Arrays.fill(bytes, from, from + length, (byte) 0xff);
            case 2 -> {
                for (int i = from; i < from + length; i++) {
                    bytes[i] = (byte) random.nextInt();
                }
            }
            default -> {
                for (int i = 0; i < FLIPS; i++) {
                    bytes[from + random.nextInt(busy - from)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return new Damage(sound, bytes, false);
    }
}
