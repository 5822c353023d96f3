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
 * Reads messages and stack traces of exceptions on a thread of its own. The methods of an exception are the program's
 * code, and the JDK's that are not take the exception's lock: any of them may never return.
 *
 * <p>The thread is started when there is something to read and ends when there has been nothing for a time. One that
 * does not come to an end with the exceptions of a span is interrupted, left to itself and replaced, as long as there
 * are only a few of that kind; beyond that nothing is read until one of them returns. All methods but those of a {@link
 * Reading} are the exporter's.
 */
final class ThrownReaders {

    private static final int MOST_QUEUED = 1024;
    private static final int MOST_STUCK = 3;
    private static final long IDLE_S = 10;
    private static final int MAX_CAUSES = 16;
    /** Bytes of a message. */
    static final int MAX_MESSAGE = 4096;

    private static final byte[] NONE = {};

    private static final AtomicInteger THREADS = new AtomicInteger();

    private final int maxLength;
    private final Predicate<Class<?>> writtenByCaller;
    private final Consumer<Class<?>> met;
    private final ArrayBlockingQueue<Reading> queue = new ArrayBlockingQueue<>(MOST_QUEUED);
    private final List<Reader> stuck = new ArrayList<>();
    private Reader reader;
    /** What the reader was found reading, and since when. */
    private Reading watched;

    private long watchedSinceNs;

    /**
     * @param maxLength bytes of a stack trace; 0 for none
     * @param writtenByCaller whether the messages of this class are written by who records the exception
     * @param met what becomes of a class that was met
     */
    ThrownReaders(int maxLength, Predicate<Class<?>> writtenByCaller, Consumer<Class<?>> met) {
        this.maxLength = maxLength;
        this.writtenByCaller = writtenByCaller;
        this.met = met;
    }

    /** The exceptions of a span, and what has been read of them so far. The reader writes, anyone reads. */
    static final class Reading {
        private final Throwable[] thrown;
        private final byte[][] messages;
        private final byte[][] traces;
        /** How many have been read; written behind them. */
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

        /** UTF-8, empty where there is nothing to write; of one that has been read. */
        byte[] message(int number) {
            return messages[number];
        }

        byte[] trace(int number) {
            return traces[number];
        }
    }

    /** False when there is nobody to read it, nor will be soon. */
    boolean submit(Reading reading) {
        return hasReader() && queue.offer(reading);
    }

    /**
     * Looks after the reader, as often as there is something to be read.
     *
     * @return false when nothing that is queued will be read
     */
    boolean look(long nowNs, long limitNs) {
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
        } catch (OutOfMemoryError e) { // no thread to be had
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
                } catch (InterruptedException e) { // by an exception's own code, or to be retired
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
            met.accept(thrown.getClass());
            final String message = thrown.getMessage();
            return message == null ? NONE : cut(message, MAX_MESSAGE);
        } catch (Throwable e) { // the exception's own methods are the program's code
            return NONE;
        }
    }

    /** As the JDK prints it, in UTF-8. */
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

    /** At most so many bytes, none of which are of a code point that is cut. */
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
