package io.kraken.tracer.ring;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Reader of messages and stack traces of exceptions, on a separate thread. Methods of an exception may be the program's
 * code, and those of the JDK take the exception's lock: any of them may never return.
 *
 * <p>The thread is started when there is something to read and ends after a time without work. A thread that does not
 * finish the exceptions of a span in time is interrupted, abandoned and replaced, while the number of such threads is
 * small; beyond that nothing is read until one of them returns. All methods except those of {@link Reading} are called
 * by the exporter.
 */
final class ThrownReaders {

    private static final int MOST_QUEUED = 1024;
    private static final int MOST_STUCK = 3;
    private static final long IDLE_S = 10;
    private static final int MAX_CAUSES = 16;
    /** Maximum number of bytes of a message. */
    static final int MAX_MESSAGE = 4096;

    private static final byte[] NONE = {};

    private static final AtomicInteger THREADS = new AtomicInteger();

    private final int maxLength;
    private final Predicate<Class<?>> writtenByCaller;
    private final Consumer<Class<?>> onClass;
    private final ArrayBlockingQueue<Reading> queue = new ArrayBlockingQueue<>(MOST_QUEUED);
    private final List<Reader> stuck = new ArrayList<>();
    private Reader reader;
    /** The work of the reader at the last check, for which {@code watchedSinceNs} is the time. */
    private Reading watched;

    private long watchedSinceNs;

    /**
     * @param maxLength maximum number of bytes of a stack trace; 0 for none
     * @param writtenByCaller whether the recording thread itself writes the messages of this class
     * @param onClass called with the class of each exception that is read
     */
    ThrownReaders(int maxLength, Predicate<Class<?>> writtenByCaller, Consumer<Class<?>> onClass) {
        this.maxLength = maxLength;
        this.writtenByCaller = writtenByCaller;
        this.onClass = onClass;
    }

    /** The exceptions of a span and the texts read so far. Written by the reader, read by any thread. */
    static final class Reading {
        private final Throwable[] thrown;
        private final byte[][] messages;
        private final byte[][] traces;
        /** Number of exceptions read; written after their texts. */
        private volatile int read;

        Reading(Throwable[] thrown) {
            this.thrown = thrown;
            messages = new byte[thrown.length][];
            traces = new byte[thrown.length][];
        }

        boolean isDone() {
            return read == thrown.length;
        }

        int read() {
            return read;
        }

        int count() {
            return thrown.length;
        }

        /** The message of an exception that has been read, in UTF-8; empty without one. */
        byte[] message(int number) {
            return messages[number];
        }

        byte[] trace(int number) {
            return traces[number];
        }
    }

    /** Queues exceptions for reading; false when no reader is available or the queue is full. */
    boolean submit(Reading reading) {
        return hasReader() && queue.offer(reading);
    }

    /**
     * Checks the reader; called repeatedly while there is something to be read.
     *
     * @return false when the queued exceptions will not be read
     */
    boolean checkReader(long nowNs, long limitNs) {
        final Reading current = reader == null ? null : reader.current;
        if (current != watched) {
            watched = current;
            watchedSinceNs = nowNs;
        } else if (current != null && nowNs - watchedSinceNs >= limitNs) {
            reader.retire();
            stuck.add(reader);
            reader = null;
            watched = null;
        }
        if (!hasReader()) {
            queue.clear();
            return false;
        }
        return true;
    }

    private boolean hasReader() {
        if (reader != null && reader.thread.isAlive()) {
            return true;
        }
        stuck.removeIf(old -> !old.thread.isAlive());
        if (stuck.size() >= MOST_STUCK) {
            return false;
        }
        try {
            final Reader fresh = new Reader();
            fresh.thread.start();
            reader = fresh;
            return true;
        } catch (OutOfMemoryError e) { // no thread can be started
            return false;
        }
    }

    void close() {
        queue.clear();
        if (reader != null) {
            reader.retire();
        }
    }

    private final class Reader implements Runnable {
        private final Thread thread;
        private volatile Reading current;
        private volatile boolean retired;

        Reader() {
            thread = new Thread(null, this, "kraken-tracer-exceptions-" + THREADS.incrementAndGet(), 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(ThrownReaders.class.getClassLoader());
        }

        void retire() {
            retired = true;
            thread.interrupt();
        }

        @Override
        public void run() {
            while (!retired) {
                try {
                    final Reading next = queue.poll(IDLE_S, TimeUnit.SECONDS);
                    if (next == null) {
                        return;
                    }
                    read(next);
                } catch (InterruptedException e) { // interrupted by an exception's own code, or retired
                    current = null;
                }
            }
        }

        private void read(Reading reading) {
            current = reading;
            for (int i = 0; i < reading.thrown.length && !retired; i++) {
                final Throwable thrown = reading.thrown[i];
                reading.messages[i] = thrown == null ? NONE : message(thrown);
                reading.traces[i] = thrown == null || maxLength == 0 ? NONE : trace(thrown);
                reading.read = i + 1;
            }
            current = null;
        }
    }

    private byte[] message(Throwable thrown) {
        try {
            if (writtenByCaller.test(thrown.getClass())) {
                return NONE;
            }
            onClass.accept(thrown.getClass());
            final String message = thrown.getMessage();
            return message == null ? NONE : cut(message, MAX_MESSAGE);
        } catch (Throwable e) { // the exception's own methods are the program's code and may throw anything
            return NONE;
        }
    }

    /** The stack trace in the JDK's format, in UTF-8. */
    private byte[] trace(Throwable thrown) {
        final StringBuilder text = new StringBuilder(1024);
        try {
            final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            String caption = "";
            for (Throwable next = thrown;
                    next != null && text.length() <= maxLength && seen.size() < MAX_CAUSES && seen.add(next);
                    caption = "Caused by: ") {
                append(text.append(caption), next.toString()).append('\n');
                for (StackTraceElement frame : next.getStackTrace()) {
                    if (text.length() > maxLength) {
                        break;
                    }
                    text.append("\tat ").append(frame).append('\n');
                }
                next = next.getCause();
            }
        } catch (Throwable e) {
            text.append("(stack trace not available: ")
                    .append(e.getClass().getName())
                    .append(")\n");
        }
        return cut(text, maxLength);
    }

    private StringBuilder append(StringBuilder text, String part) {
        return part == null ? text : text.append(part, 0, Math.min(part.length(), maxLength + 1));
    }

    /** The text in UTF-8, cut to at most this many bytes between two code points. */
    private static byte[] cut(CharSequence text, int most) {
        final byte[] bytes = text.subSequence(0, Math.min(text.length(), most + 1))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        int end = Math.min(bytes.length, most);
        while (end < bytes.length && end > 0 && (bytes[end] & 0xC0) == 0x80) {
            end--;
        }
        return end == bytes.length ? bytes : Arrays.copyOf(bytes, end);
    }
}
