package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.file.EntryLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The text of an exception's stack trace as the JDK prints it, cut at a length. Written on the exporter's thread:
 * there is no way in the JDK to ask an exception for its frames without allocating, and callers don't.
 */
final class StackTraces {

    private static final int MAX_CAUSES = 16;
    private static final int MAX_KEY_LENGTH = 64;

    private final int maxLength;

    StackTraces(int maxLength) {
        this.maxLength = maxLength;
    }

    /** Bytes that so many exceptions may need. */
    int room(int thrown) {
        return maxLength == 0 ? 0 : thrown * (maxLength + MAX_KEY_LENGTH + EntryLayout.PREFIX_LENGTH);
    }

    /** Inserts an attribute at {@code at}, moving what stands up to {@code end}; returns how many bytes it took. */
    int write(ByteBuffer buffer, int at, int end, Key key, Throwable thrown) {
        if (maxLength == 0 || thrown == null) {
            return 0;
        }
        final byte[] text = text(thrown).getBytes(StandardCharsets.UTF_8);
        final int length = whole(text, Math.min(text.length, maxLength));
        final boolean inline = key.symbol() == EntryLayout.INLINE_SYMBOL;
        final byte[] name = inline ? key.toString().getBytes(StandardCharsets.UTF_8) : new byte[0];
        final int taken = EntryLayout.PREFIX_LENGTH + length + (inline ? Integer.BYTES + name.length : 0);
        for (int i = end - 1; i >= at; i--) {
            buffer.put(i + taken, buffer.get(i));
        }
        int next = at;
        buffer.putInt(next, EntryLayout.tag(EntryLayout.STRING, key.symbol()));
        next += EntryLayout.TAG_LENGTH;
        if (inline) {
            buffer.putInt(next, name.length);
            buffer.put(next + Integer.BYTES, name);
            next += Integer.BYTES + name.length;
        }
        buffer.putInt(next, length);
        buffer.put(next + Integer.BYTES, text, 0, length);
        return taken;
    }

    /** The largest length up to this one that does not end inside a code point. */
    private static int whole(byte[] text, int length) {
        int end = length;
        while (end < text.length && end > 0 && (text[end] & 0xC0) == 0x80) {
            end--;
        }
        return end;
    }

    private String text(Throwable thrown) {
        final StringBuilder text = new StringBuilder(1024);
        try {
            final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            String caption = "";
            for (Throwable next = thrown; next != null && seen.size() < MAX_CAUSES && seen.add(next); ) {
                text.append(caption).append(next).append('\n');
                for (StackTraceElement frame : next.getStackTrace()) {
                    if (text.length() > maxLength) {
                        return text.toString();
                    }
                    text.append("\tat ").append(frame).append('\n');
                }
                next = next.getCause();
                caption = "Caused by: ";
            }
        } catch (Throwable e) { // the exception's own methods are the program's code
            text.append("(stack trace not available: ")
                    .append(e.getClass().getName())
                    .append(")\n");
        }
        return text.toString();
    }
}
