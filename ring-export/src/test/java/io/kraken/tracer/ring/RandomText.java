package io.kraken.tracer.ring;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Random strings of every kind that Java allows. */
public final class RandomText {

    private static final String[] PLAIN = {"GET", "blob/download", "sha256:77af", "worker-17", "ok", "a"};

    private final SplittableRandom random;

    public RandomText(SplittableRandom random) {
        this.random = random;
    }

    /** Mostly short and ASCII; sometimes of any kind, with at most this number of characters. */
    public String next(int most) {
        if (random.nextInt(3) == 0) {
            return PLAIN[random.nextInt(PLAIN.length)];
        }
        return of(random.nextInt(8), length(most));
    }

    private int length(int most) {
        switch (random.nextInt(20)) {
            case 0:
                return random.nextInt(most + 1);
            case 1:
            case 2:
                return random.nextInt(Math.min(most, 600) + 1);
            default:
                return random.nextInt(Math.min(most, 40) + 1);
        }
    }

    /** Exactly this number of characters; each kind is a range of code points, the last ones are mixtures. */
    public String of(int kind, int length) {
        final StringBuilder text = new StringBuilder(length + 1);
        while (text.length() < length) {
            append(text, kind < 6 ? kind : kind == 6 ? random.nextInt(6) : random.nextInt(12) == 0 ? 5 : 0);
        }
        text.setLength(length); // may leave an unpaired surrogate at the end
        return text.toString();
    }

    private void append(StringBuilder text, int kind) {
        switch (kind) {
            case 0:
                text.append((char) random.nextInt(0x80));
                break;
            case 1:
                text.append((char) random.nextInt(0x80, 0x100));
                break;
            case 2:
                text.append((char) random.nextInt(0x100, 0x800));
                break;
            case 3:
                text.append((char) random.nextInt(0x800, 0xD800));
                break;
            case 4:
                text.appendCodePoint(random.nextInt(0xE000, 0x110000));
                break;
            default: // any surrogate, paired or not
                text.append((char) random.nextInt(0xD800, 0xE000));
        }
    }

    /** The text after encoding and decoding as UTF-8 by the JDK. */
    public static String decoded(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** At most this number of characters, without splitting a surrogate pair. */
    public static String cut(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        final boolean inPair = most > 0
                && Character.isHighSurrogate(text.charAt(most - 1))
                && Character.isLowSurrogate(text.charAt(most));
        return text.substring(0, inPair ? most - 1 : most);
    }

    public static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
