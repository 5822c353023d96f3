package io.kraken.tracer.text;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * A buffer that encodes a string by the JDK's own bulk operations: characters into an array, the array by the UTF-8
 * encoder into bytes. That takes the same 18 ns for any text of up to some hundred characters, ASCII or not, and also
 * in a JVM whose profile of {@code charAt} has seen both kinds of strings, where a loop over {@code charAt} took five
 * to ten times as long (RATIONALE.md). Allocates nothing. Each platform thread has one of its own; virtual threads
 * share a few, claimed by {@link #tryHold}.
 */
public final class Utf8Scratch {

    /** Longer texts are encoded by {@link Utf8}. */
    public static final int MAX_CHARS = 320;

    private static final int MAX_BYTES_A_CHAR = 3;
    private static final VarHandle HOLDER;

    static {
        try {
            HOLDER = MethodHandles.lookup().findVarHandle(Utf8Scratch.class, "holder", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The number of the thread that holds it, 0 if none does. */
    private long holder;

    public final byte[] bytes = new byte[MAX_CHARS * MAX_BYTES_A_CHAR];
    private final char[] chars = new char[MAX_CHARS];
    private final CharBuffer in = CharBuffer.wrap(chars);
    private final ByteBuffer out = ByteBuffer.wrap(bytes);
    private final CharsetEncoder encoder = StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);

    /** Encodes at most {@link #MAX_CHARS} characters into {@link #bytes}; returns the number of bytes. */
    public int encode(String text, int length) {
        text.getChars(0, length, chars, 0);
        in.limit(length).position(0);
        out.clear();
        final CoderResult result = encoder.encode(in, out, true); // always the end of the input: needs no reset
        assert result.isUnderflow();
        return out.position();
    }

    /**
     * Claims it for the length of one call. A thread that already holds it was interrupted by an error in that call.
     */
    public boolean tryHold(long thread) {
        return (long) HOLDER.getAcquire(this) == thread || HOLDER.compareAndSet(this, 0L, thread);
    }

    public void release() {
        HOLDER.setRelease(this, 0L);
    }
}
