package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.onoes.ExceptionHandler;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * All there is of Chronicle: queues are appended to with it, and read without. Whatever it throws, errors of the JVM
 * included, comes out as a {@link QueueException}: a full disk is an {@code InternalError} there, and what lies
 * behind it is not to be trusted again.
 */
final class ChronicleStore {

    static final String ANY_CLASS = "net.openhft.chronicle.queue.ChronicleQueue";
    static final String ARTIFACT = "net.openhft:chronicle-queue";

    private static final long BLOCK_BYTES = 16 << 20;
    /** With less, a file can't be made, and Chronicle would say so on the console. */
    private static final long LEAST_FREE_BYTES = 2 * BLOCK_BYTES;
    /** How long opening waits for a header that somebody else seems to be writing. */
    private static final long PATIENCE_MS = 500;
    /** Held, so that its level stays. */
    private static final Logger CLEANER =
            Logger.getLogger("net.openhft.chronicle.core.internal.cleaner.ReflectionBasedByteBufferCleanerService");

    static {
        CLEANER.setLevel(Level.OFF);
        quieten("chronicle.analytics.disable", "true");
        quieten("chronicle.announcer.disable", "true");
        quieten("chronicle.disk.monitor.disable", "true");
        quieten("chronicle.table.store.timeoutMS", Long.toString(PATIENCE_MS));
        initialise();
    }

    private ChronicleStore() {}

    private static boolean quieten(String property, String value) {
        if (System.getProperty(property) != null) {
            return false;
        }
        System.setProperty(property, value);
        return true;
    }

    /** Keeps it from reading properties out of the working folder, and slf4j from noting that it has nowhere to log. */
    private static void initialise() {
        final boolean properties = quieten("system.properties", "kraken-tracer-has-none");
        final boolean verbosity = quieten("slf4j.internal.verbosity", "ERROR");
        try {
            Jvm.init();
        } finally {
            if (properties) {
                System.clearProperty("system.properties");
            }
            if (verbosity) {
                System.clearProperty("slf4j.internal.verbosity");
            }
        }
    }

    /** For one thread, when it is another than before: a host that uses Chronicle itself keeps what it has set. */
    private static Thread hush(Thread before) {
        final Thread current = Thread.currentThread();
        if (current != before) {
            final ExceptionHandler nothing = ExceptionHandler.ignoresEverything();
            Jvm.setThreadLocalExceptionHandlers(nothing, nothing, nothing, nothing);
        }
        return current;
    }

    private static SingleChronicleQueueBuilder builder(Path directory) {
        return SingleChronicleQueueBuilder.binary(directory)
                .rollCycle(RollCycles.FIVE_MINUTELY)
                .blockSize(BLOCK_BYTES)
                .timeoutMS(PATIENCE_MS);
    }

    /** @param epochMs what the time of day is: it decides when a new file begins */
    static QueueAppender append(Path directory, LongSupplier epochMs) throws QueueException {
        try {
            if (Files.getFileStore(directory).getUsableSpace() < LEAST_FREE_BYTES) {
                throw new QueueException(directory + " has no room for a queue");
            }
            if (CycleFiles.cycles(directory).length > 0) {
                throw new QueueException(directory + " has a queue in it; it is never appended to a second time");
            }
            hush(null);
            final ChronicleQueue queue =
                    builder(directory).timeProvider(epochMs::getAsLong).build();
            try {
                return new Appender(directory, queue);
            } catch (Throwable e) {
                Quietly.close(queue);
                throw e;
            }
        } catch (QueueException e) {
            throw e;
        } catch (Throwable e) {
            throw new QueueException("No queue can be made in " + directory + ": " + e, e);
        }
    }

    private static final class Appender implements QueueAppender {

        private final Path directory;
        private final ChronicleQueue queue;
        private final ExcerptAppender appender;
        private final LateErrors lateErrors = new LateErrors();
        private Thread hushed = Thread.currentThread();
        private Throwable broken;

        Appender(Path directory, ChronicleQueue queue) {
            this.directory = directory;
            this.queue = queue;
            appender = queue.createAppender();
            appender.singleThreadedCheckDisabled(true);
        }

        @Override
        public long append(ByteBuffer bytes, int offset, int length) throws QueueException {
            Objects.checkFromIndexSize(offset, length, bytes.capacity());
            if (length == 0 || length > Queues.MOST_BYTES) {
                throw new IllegalArgumentException("a document of " + length + " bytes");
            }
            if (broken != null) {
                throw finished();
            }
            hushed = hush(hushed);
            try {
                write(bytes, offset, length);
                return appender.lastIndexAppended();
            } catch (Throwable e) {
                broken = e;
                throw finished();
            }
        }

        private void write(ByteBuffer bytes, int offset, int length) {
            try (DocumentContext document = appender.writingDocument()) {
                try {
                    final Bytes<?> to = document.wire().bytes();
                    to.write(to.writePosition(), bytes, offset, length);
                    to.writeSkip(length);
                } catch (Throwable e) {
                    document.rollbackOnClose(); // closing would publish the half of it
                    throw e;
                }
            }
        }

        @Override
        public void settle() throws QueueException {
            if (broken != null) {
                throw finished();
            }
            try {
                lateErrors.settle();
            } catch (Throwable e) {
                broken = e;
                throw finished();
            }
        }

        private QueueException finished() {
            return new QueueException(
                    "The queue in " + directory + " can't be appended to any more: " + broken, broken);
        }

        @Override
        public void close() {
            hush(null);
            Quietly.close(appender);
            Quietly.close(queue);
        }
    }
}
