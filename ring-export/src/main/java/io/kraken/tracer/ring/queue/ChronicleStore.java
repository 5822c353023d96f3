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
import net.openhft.chronicle.core.time.TimeProvider;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.RollCycleArithmetic;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * The only class that uses Chronicle, which is needed for appending only; queues are read without it. Whatever
 * Chronicle throws, errors of the JVM included, is converted to a {@link QueueException}: a full disk is an {@code
 * InternalError} there, after which the mapping must not be trusted any more.
 */
final class ChronicleStore {

    static final String ANY_CLASS = "net.openhft.chronicle.queue.ChronicleQueue";
    static final String ARTIFACT = "net.openhft:chronicle-queue";

    /**
     * Length of a mapping. A file is preallocated by one, sparse: it has no blocks on disk beyond its data, so a
     * shorter one would save none, and takes a roll of 2 to 3 ms instead of 3.3. A document must fit into a quarter.
     */
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

    private static SingleChronicleQueueBuilder builder(Path directory, int cycleSeconds) {
        return SingleChronicleQueueBuilder.binary(directory)
                .rollCycle(new Period(cycleSeconds))
                .blockSize(BLOCK_BYTES)
                .timeoutMS(HEADER_TIMEOUT_MS);
    }

    /**
     * @param cycleSeconds the length of the period of a file, a multiple of {@link CycleFiles#UNIT_SECONDS}
     * @param epochMs the clock that decides when a new file begins
     */
    static QueueAppender append(Path directory, int cycleSeconds, LongSupplier epochMs) throws QueueException {
        if (cycleSeconds <= 0 || cycleSeconds % CycleFiles.UNIT_SECONDS != 0) {
            throw new IllegalArgumentException("a queue file for each " + cycleSeconds + " s");
        }
        try {
            if (Files.getFileStore(directory).getUsableSpace() < LEAST_FREE_BYTES) {
                throw new QueueException(directory + " has less than 32 MB of disk space left for a queue");
            }
            if (CycleFiles.cycles(directory).length > 0) {
                throw new QueueException(
                        directory + " contains a queue already; a queue is never reopened for appending");
            }
            silence(null);
            final ChronicleQueue queue = builder(directory, cycleSeconds)
                    .timeProvider(epochMs::getAsLong)
                    .build();
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

    /**
     * When a new file begins. Chronicle derives names and indexes from a number that it multiplies by the length of a
     * period; the number is that of {@link CycleFiles} because the length that it is told is the unit, of which {@link
     * #current} returns every n-th only.
     */
    private static final class Period implements RollCycle {

        /** Entries of an index of documents in the file, in two levels, which nobody reads: so it is small. */
        private static final int INDEX_ENTRIES = 256;

        private static final int DOCUMENTS_PER_ENTRY = 4096;

        private final RollCycleArithmetic arithmetic = RollCycleArithmetic.of(INDEX_ENTRIES, DOCUMENTS_PER_ENTRY);
        private final int units;

        Period(int seconds) {
            units = seconds / CycleFiles.UNIT_SECONDS;
        }

        @Override
        public int current(TimeProvider time, long epoch) {
            return CycleFiles.periodOf(time.currentTimeMillis() - epoch, units);
        }

        @Override
        public String format() {
            return CycleFiles.PATTERN;
        }

        @Override
        public int lengthInMillis() {
            return (int) CycleFiles.UNIT_MILLIS;
        }

        @Override
        public int defaultIndexCount() {
            return arithmetic.indexCount();
        }

        @Override
        public int defaultIndexSpacing() {
            return arithmetic.indexSpacing();
        }

        @Override
        public long toIndex(int cycle, long sequence) {
            return arithmetic.toIndex(cycle, sequence);
        }

        @Override
        public long toSequenceNumber(long index) {
            return arithmetic.toSequenceNumber(index);
        }

        @Override
        public int toCycle(long index) {
            return arithmetic.toCycle(index);
        }

        @Override
        public long maxMessagesPerCycle() {
            return arithmetic.maxMessagesPerCycle();
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
