package io.kraken.tracer.ring.queue;

import java.io.IOException;
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
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * All there is of Chronicle. Whatever it throws, errors of the virtual machine included, comes out as a {@link
 * QueueException}: a full disk is an {@code InternalError} there, and what lies behind it is not to be trusted again.
 */
final class ChronicleStore {

    static final String ANY_CLASS = "net.openhft.chronicle.queue.ChronicleQueue";
    static final String ARTIFACT = "net.openhft:chronicle-queue";

    private static final long BLOCK_BYTES = 16 << 20;
    private static final long READ_BLOCK_BYTES = 4 << 20; // each reader has one or two of them in its memory
    /** With less, a file can't be made, and Chronicle would say so on the console. */
    private static final long LEAST_FREE_BYTES = 2 * BLOCK_BYTES;
    /** How long opening waits for a header that somebody else seems to be writing. */
    private static final long PATIENCE_MS = 500;
    /** The word in front of a document. */
    private static final int HEADER_BYTES = 4;
    /** What stands there instead when a file is done with. */
    private static final int END_OF_FILE = 0xc000_0000;

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
                closeQuietly(queue);
                throw e;
            }
        } catch (QueueException e) {
            throw e;
        } catch (Throwable e) {
            throw new QueueException("No queue can be made in " + directory + ": " + e, e);
        }
    }

    static QueueTailer read(Path directory) throws QueueException {
        try {
            if (!FileHeaders.isTable(directory.resolve(FileHeaders.TABLE_NAME))) {
                throw new QueueException(directory + " has no queue in it, or none yet");
            }
            return open(directory);
        } catch (QueueException e) {
            throw e;
        } catch (IOException | InternalError e) {
            throw new QueueException("The queue in " + directory + " can't be opened: " + e, e);
        }
    }

    private static QueueTailer open(Path directory) throws QueueException {
        try {
            hush(null);
            final SingleChronicleQueueBuilder reading = builder(directory).blockSize(READ_BLOCK_BYTES);
            final ChronicleQueue queue = reading.readOnly(true).build();
            try {
                return new Tailer(directory, queue);
            } catch (Throwable e) {
                closeQuietly(queue);
                throw e;
            }
        } catch (Throwable e) {
            throw new QueueException("The queue in " + directory + " can't be opened: " + e, e);
        }
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Throwable e) {
            // It is given up in any case.
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
            closeQuietly(appender);
            closeQuietly(queue);
        }
    }

    private static final class Tailer implements QueueTailer {

        private static final int NO_CYCLE = -1;

        private final Path directory;
        private final ChronicleQueue queue;
        private final ExcerptTailer tailer;
        private final LateErrors lateErrors = new LateErrors();
        private Thread hushed = Thread.currentThread();
        private long index = NO_INDEX;
        private boolean lost;
        /** What is known of the file being read, so that its size is asked for only now and then. */
        private int cycle = NO_CYCLE;

        private Bytes<?> bytes;
        private long fileBytes;
        private long nextOffset;

        Tailer(Path directory, ChronicleQueue queue) throws IOException {
            this.directory = directory;
            this.queue = queue;
            tailer = queue.createTailer();
            tailer.singleThreadedCheckDisabled(true);
            lateErrors.settle();
        }

        @Override
        public int read(ByteBuffer into) throws QueueException {
            if (lost) {
                throw new QueueException("The queue in " + directory + " has no next document to read");
            }
            lost = true;
            try {
                final int length = readNext(into);
                lateErrors.settle(); // before bytes count as read that may be those of the last document
                lost = false;
                return length;
            } catch (InternalError e) {
                throw damaged(e);
            }
        }

        private int readNext(ByteBuffer into) throws QueueException {
            hushed = hush(hushed);
            into.clear().limit(0);
            try {
                return isNextReadable() ? next(into) : 0;
            } catch (Throwable e) {
                lateErrors.settle();
                throw damaged(e);
            }
        }

        private QueueException damaged(Throwable e) {
            return new QueueException(
                    "The queue in " + directory + " is damaged behind index " + Long.toHexString(index) + ": " + e, e);
        }

        /** Behind the end of a file that was cut off there is no memory to look at. */
        private boolean isNextReadable() throws IOException {
            if (nextOffset == 0) {
                return cycle >= 0 || begin();
            }
            return isInFile(nextOffset + HEADER_BYTES)
                    && (bytes.readVolatileInt(nextOffset) != END_OF_FILE || readyBehind(cycle) >= 0);
        }

        /** Chronicle would look for a first file that may be deleted. */
        private boolean begin() throws IOException {
            final int first = readyBehind(NO_CYCLE);
            return first >= 0 && tailer.moveToIndex(CycleFiles.firstIndex(first));
        }

        /** Chronicle goes to the next file by itself, so that one is looked at before. */
        private int readyBehind(int before) throws IOException {
            for (int later : CycleFiles.cycles(directory)) {
                if (later > before) {
                    return FileHeaders.isCycle(CycleFiles.file(directory, later)) ? later : NO_CYCLE;
                }
            }
            return NO_CYCLE;
        }

        private int next(ByteBuffer into) throws IOException {
            try (DocumentContext document = tailer.readingDocument()) {
                if (!document.isPresent()) {
                    return 0;
                }
                final int length = arriveAt(document);
                if (length > into.capacity()) {
                    throw new QueueException("a document of " + length + " bytes does not fit");
                }
                into.limit(length);
                bytes.read(into);
                into.flip();
                index = document.index();
                return length;
            }
        }

        /** Checks where a document is said to be, before anything of it is touched. */
        private int arriveAt(DocumentContext document) throws IOException {
            if (CycleFiles.cycleOf(document.index()) != cycle) {
                enter(CycleFiles.cycleOf(document.index()));
            }
            bytes = document.wire().bytes();
            final long length = bytes.readRemaining();
            final long end = bytes.readPosition() + length;
            if (length <= 0 || length > Queues.MOST_BYTES || !isInFile(end)) {
                throw new QueueException("a document of " + length + " bytes");
            }
            nextOffset = end + (-end & (HEADER_BYTES - 1));
            return (int) length;
        }

        private void enter(int entered) {
            cycle = entered;
            fileBytes = 0;
            nextOffset = 0;
        }

        private boolean isInFile(long end) throws IOException {
            if (end > fileBytes) {
                fileBytes = Files.size(CycleFiles.file(directory, cycle));
            }
            return end <= fileBytes;
        }

        @Override
        public long index() {
            return index;
        }

        @Override
        public int cycle() {
            return cycle;
        }

        @Override
        public boolean moveTo(long wanted) throws QueueException {
            return move(wanted, false);
        }

        @Override
        public boolean moveAfter(long wanted) throws QueueException {
            return move(wanted, true);
        }

        private boolean move(long wanted, boolean behind) throws QueueException {
            hushed = hush(hushed);
            lost = true;
            try {
                final boolean moved = moveGuarded(wanted, behind);
                lateErrors.settle();
                lost = !moved;
                return moved;
            } catch (InternalError e) {
                throw unreadable(wanted, e);
            }
        }

        private boolean moveGuarded(long wanted, boolean behind) throws QueueException {
            try {
                enter(CycleFiles.cycleOf(wanted));
                // Without the file it would go to the oldest there is.
                if (cycle < 0 || !FileHeaders.isCycle(CycleFiles.file(directory, cycle))) {
                    return false;
                }
                return tailer.moveToIndex(wanted) && tailer.index() == wanted && (!behind || pass(wanted));
            } catch (Throwable e) {
                lateErrors.settle();
                throw unreadable(wanted, e);
            }
        }

        private boolean pass(long wanted) throws IOException {
            try (DocumentContext document = tailer.readingDocument()) {
                if (!document.isPresent() || document.index() != wanted) {
                    return false;
                }
                arriveAt(document);
                index = wanted;
                return true;
            }
        }

        private QueueException unreadable(long wanted, Throwable e) {
            return new QueueException(
                    "The queue in " + directory + " can't be read from index " + Long.toHexString(wanted) + ": " + e,
                    e);
        }

        @Override
        public boolean skipCycle() throws QueueException {
            final int left = cycle;
            final boolean waits = !lost && CycleFiles.cycleOf(index) == left;
            boolean skipped = false;
            try {
                skipped = CycleFiles.skip(directory, left, this);
                return skipped;
            } finally {
                if (!skipped) {
                    cycle = left;
                }
                if (!skipped && waits) {
                    move(index, true);
                }
            }
        }

        @Override
        public void close() {
            hush(null);
            closeQuietly(tailer);
            closeQuietly(queue);
        }
    }
}
