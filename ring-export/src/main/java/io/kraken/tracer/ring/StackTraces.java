package io.kraken.tracer.ring;

import io.kraken.tracer.Housekeeping;
import io.kraken.tracer.Key;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * Messages and stack traces of exceptions that callers left to the exporter: the JDK can't return an exception's frames
 * without allocating, and the exception's own code may block. They are read on another thread and then written into the
 * events of the span. A span waits for them in its record, at most for the limit, and delays no other span; texts that
 * are not available by then are omitted and counted. Used by the exporter's thread.
 */
final class StackTraces {

    private static final Key TRACE = Key.ofString("exception.stacktrace");
    private static final Key MESSAGE = Key.ofString("exception.message");
    /** Maximum size of the messages of a span, in addition to its stack traces. */
    static final int MESSAGES_LENGTH = 8 * (ThrownReaders.MAX_MESSAGE + 128);

    private static final int MAX_HEAD = 64 + EntryLayout.PREFIX_LENGTH + Integer.BYTES;
    /** A reader that takes longer than the limit divided by 2 to this power is stuck; other exceptions wait for it. */
    private static final int STUCK_SHIFT = 2;

    private final Housekeeping housekeeping;
    private final Counters counters;
    private final int maxLength;
    private final long limitNs;
    private final ThrownReaders readers;
    /** By the index of the span's record. */
    private final Int2ObjectHashMap<Awaited> all = new Int2ObjectHashMap<>();

    private final EntryCursor nested = new EntryCursor();

    private long nowNs;
    private boolean readersAvailable = true;

    /** The exceptions of an ended span. Only what had been read when the span became ready is used. */
    private static final class Awaited {
        private final ThrownReaders.Reading reading;
        private final long sinceNs;
        private int read = -1;

        Awaited(ThrownReaders.Reading reading, long sinceNs) {
            this.reading = reading;
            this.sinceNs = sinceNs;
        }
    }

    StackTraces(Housekeeping housekeeping, Counters counters, int maxLength, long limitNs) {
        this.housekeeping = housekeeping;
        this.counters = counters;
        this.maxLength = maxLength;
        this.limitNs = limitNs;
        this.readers = new ThrownReaders(maxLength, housekeeping::isPlain, housekeeping::met);
    }

    /** Called in each duty cycle. */
    void doWork(long now) {
        nowNs = now;
        if (!all.isEmpty()) {
            readersAvailable = readers.checkReader(nowNs, limitNs >> STUCK_SHIFT);
        }
    }

    /** Whether any span waits. */
    boolean isBusy() {
        return !all.isEmpty();
    }

    /** Whether reading a span's exceptions has completed or was given up; polled until it is true. */
    boolean isReady(int record, int count) {
        Awaited awaited = all.get(record);
        if (awaited == null) {
            awaited = new Awaited(new ThrownReaders.Reading(thrown(record, count)), nowNs);
            all.put(record, awaited);
            readersAvailable = readers.submit(awaited.reading);
        }
        if (awaited.read < 0 && (awaited.reading.isDone() || !readersAvailable || nowNs - awaited.sinceNs >= limitNs)) {
            awaited.read = awaited.reading.read();
        }
        return awaited.read >= 0;
    }

    private Throwable[] thrown(int record, int count) {
        final Throwable[] thrown = new Throwable[count];
        for (int i = 0; i < count; i++) {
            thrown[i] = housekeeping.thrown(record, i);
        }
        return thrown;
    }

    /** Upper bound of the bytes that {@link #write} adds to a ready span. */
    int room(int record) {
        final Awaited awaited = all.get(record);
        int room = 0;
        for (int i = 0; awaited != null && i < awaited.read; i++) {
            room += lengthOf(awaited.reading.message(i)) + lengthOf(awaited.reading.trace(i));
        }
        return room;
    }

    private static int lengthOf(byte[] text) {
        return text.length == 0 ? 0 : MAX_HEAD + text.length;
    }

    /**
     * Inserts the texts as the first attributes of an event, moving the bytes up to {@code end}: an attribute set by
     * the program comes later and takes precedence. Returns the number of bytes inserted.
     *
     * @param number index of the exception in the span
     * @param at offset of the event's attributes, which end at {@code eventEnd}
     */
    int write(ByteBuffer buffer, int record, int number, int at, int eventEnd, int end) {
        final Awaited awaited = all.get(record);
        if (awaited == null || number >= awaited.read) {
            return 0;
        }
        final byte[] message = hasMessage(buffer, at, eventEnd) ? new byte[0] : awaited.reading.message(number);
        final int taken = insert(buffer, at, end, TRACE, awaited.reading.trace(number));
        return taken + insert(buffer, at, end + taken, MESSAGE, message);
    }

    private boolean hasMessage(ByteBuffer buffer, int at, int eventEnd) {
        nested.wrap(buffer, at, eventEnd);
        while (nested.next()) {
            if (nested.symbol() == MESSAGE.symbol() && nested.symbol() != EntryLayout.INLINE_SYMBOL) {
                return true;
            }
        }
        return false;
    }

    private static int insert(ByteBuffer buffer, int at, int end, Key key, byte[] text) {
        if (text.length == 0) {
            return 0;
        }
        final boolean inline = key.symbol() == EntryLayout.INLINE_SYMBOL;
        final byte[] name = inline ? key.toString().getBytes(StandardCharsets.UTF_8) : new byte[0];
        final int taken = EntryLayout.PREFIX_LENGTH + text.length + (inline ? Integer.BYTES + name.length : 0);
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
        buffer.putInt(next, text.length);
        buffer.put(next + Integer.BYTES, text);
        return taken;
    }

    /** Removes a span that has been handled, and counts its exceptions that were not read. */
    void forget(int record) {
        final Awaited awaited = all.isEmpty() ? null : all.remove(record);
        if (awaited != null) {
            final int unread = awaited.reading.count() - Math.max(0, awaited.read);
            counters.add(Counter.UNREAD_EXCEPTIONS, unread);
        }
    }

    void close() {
        readers.close();
    }
}
