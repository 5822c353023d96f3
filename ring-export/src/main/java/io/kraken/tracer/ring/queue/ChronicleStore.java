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
 * The only class that uses Chronicle, which is needed for appending only; queues are read without it. Whatever
 * Chronicle throws, errors of the JVM included, is converted to a {@link QueueException}: a full disk is an {@code
 * InternalError} there, after which the mapping must not be trusted any more.
 */
final class ChronicleStore {

    static final String ANY_CLASS = "net.openhft.chronicle.queue.ChronicleQueue";
    static final String ARTIFACT = "net.openhft:chronicle-queue";

    private static final long BLOCK_BYTES = 16 << 20;
    /** With less free space a file can't be created, and Chronicle would print that to the console. */
    private static final long LEAST_FREE_BYTES = 2 * BLOCK_BYTES;
    /** How long opening waits for a header that another process seems to be writing. */
    private static final long HEADER_TIMEOUT_MS = 500;
    /** Strongly referenced, so that its level is not lost to garbage collection. */
    private static final Logger CLEANER =
            Logger.getLogger("net.openhft.chronicle.core.internal.cleaner.ReflectionBasedByteBufferCleanerService");

    static {
        CLEANER.setLevel(Level.OFF);
        setIfAbsent("chronicle.analytics.disable", "true");
        setIfAbsent("chronicle.announcer.disable", "true");
        setIfAbsent("chronicle.disk.monitor.disable", "true");
        setIfAbsent("chronicle.table.store.timeoutMS", Long.toString(HEADER_TIMEOUT_MS));
        initialise();
    }

    private ChronicleStore() {}

    private static boolean setIfAbsent(String property, String value) {
        if (System.getProperty(property) != null) {
            return false;
        }
        System.setProperty(property, value);
        return true;
    }

    /**
     * Initialises Chronicle while keeping it from reading properties from the working directory, and slf4j from
     * reporting that it has no provider.
     */
    private static void initialise() {
        final boolean properties = setIfAbsent("system.properties", "kraken-tracer-has-none");
        final boolean verbosity = setIfAbsent("slf4j.internal.verbosity", "ERROR");
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

    /**
     * Silences Chronicle's handlers for the current thread, if it differs from the one before; handlers set by a host
     * that uses Chronicle itself are kept.
     */
    private static Thread silence(Thread silencedBefore) {
        final Thread current = Thread.currentThread();
        if (current != silencedBefore) {
            final ExceptionHandler nothing = ExceptionHandler.ignoresEverything();
            Jvm.setThreadLocalExceptionHandlers(nothing, nothing, nothing, nothing);
        }
        return current;
    }

    private static SingleChronicleQueueBuilder builder(Path directory) {
        return SingleChronicleQueueBuilder.binary(directory)
                .rollCycle(RollCycles.FIVE_MINUTELY)
                .blockSize(BLOCK_BYTES)
                .timeoutMS(HEADER_TIMEOUT_MS);
    }

    /** @param epochMs the clock that decides when a new file begins */
    static QueueAppender append(Path directory, LongSupplier epochMs) throws QueueException {
        try {
            if (Files.getFileStore(directory).getUsableSpace() < LEAST_FREE_BYTES) {
                throw new QueueException(directory + " has less than 32 MB of disk space left for a queue");
            }
            if (CycleFiles.cycles(directory).length > 0) {
                throw new QueueException(
                        directory + " contains a queue already; a queue is never reopened for appending");
            }
            silence(null);
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
            throw new QueueException("Creating a queue in " + directory + " failed: " + e, e);
        }
    }

    private static final class Appender implements QueueAppender {

        private final Path directory;
        private final ChronicleQueue queue;
        private final ExcerptAppender appender;
        private final LateErrors lateErrors = new LateErrors();
        private Thread silenced = Thread.currentThread();
        private Throwable failure;

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
            if (failure != null) {
                throw failed();
            }
            silenced = silence(silenced);
            try {
                write(bytes, offset, length);
                return appender.lastIndexAppended();
            } catch (Throwable e) {
                failure = e;
                throw failed();
            }
        }

        private void write(ByteBuffer bytes, int offset, int length) {
            try (DocumentContext document = appender.writingDocument()) {
                try {
                    final Bytes<?> to = document.wire().bytes();
                    to.write(to.writePosition(), bytes, offset, length);
                    to.writeSkip(length);
                } catch (Throwable e) {
                    document.rollbackOnClose(); // otherwise closing would publish an incomplete document
                    throw e;
                }
            }
        }

        @Override
        public void settle() throws QueueException {
            if (failure != null) {
                throw failed();
            }
            try {
                lateErrors.settle();
            } catch (Throwable e) {
                failure = e;
                throw failed();
            }
        }

        private QueueException failed() {
            return new QueueException(
                    "Appending to the queue in " + directory + " failed, further appends are refused: " + failure,
                    failure);
        }

        @Override
        public void close() {
            silence(null);
            Quietly.close(appender);
            Quietly.close(queue);
        }
    }
}
