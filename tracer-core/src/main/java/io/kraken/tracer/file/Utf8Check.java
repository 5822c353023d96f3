package io.kraken.tracer.file;

import java.nio.ByteBuffer;

/** A check for UTF-8 as protobuf requires it of a string: shortest forms only, no surrogates, nothing truncated. */
public final class Utf8Check {

    private Utf8Check() {}

    public static boolean isValid(ByteBuffer in, int from, int end) {
        int at = from;
        while (at < end) {
            final int lead = in.get(at++);
            if (lead >= 0) {
                continue;
            }
            final int more = following(lead);
            if (more == 0 || end - at < more || !isSecond(lead, in.get(at))) {
                return false;
            }
            for (int i = 1; i < more; i++) {
                if (!isContinuation(in.get(at + i))) {
                    return false;
                }
            }
            at += more;
        }
        return true;
    }

    /** The number of bytes that follow this first one; 0 if no character begins with it. */
    private static int following(int lead) {
        switch (lead & 0xF0) {
            case 0xC0:
            case 0xD0:
                return (lead & 0xFF) < 0xC2 ? 0 : 1;
            case 0xE0:
                return 2;
            case 0xF0:
                return (lead & 0xFF) > 0xF4 ? 0 : 3;
            default:
                return 0;
        }
    }

    /** The second byte reveals overlong forms, surrogates and code points beyond Unicode. */
    private static boolean isSecond(int lead, int second) {
        final int value = second & 0xFF;
        switch (lead & 0xFF) {
            case 0xE0:
                return value >= 0xA0 && value < 0xC0;
            case 0xED:
                return value >= 0x80 && value < 0xA0;
            case 0xF0:
                return value >= 0x90 && value < 0xC0;
            case 0xF4:
                return value >= 0x80 && value < 0x90;
            default:
                return isContinuation(second);
        }
    }

    private static boolean isContinuation(int value) {
        return (value & 0xC0) == 0x80;
    }
}
