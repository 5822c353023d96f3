package io.kraken.tracer.bridge.queues;

import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueAccess;
import io.kraken.tracer.ring.queue.QueueAppender;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A queue whose distribution of documents over files the test chooses. Its process is alive until it is closed. */
public final class LaidOutQueue implements AutoCloseable {

    private static final long NOON_MS = 1_800_014_400_000L;
    private static final long CYCLE_MS = TimeUnit.SECONDS.toMillis(QueueAccess.SECONDS);
    private static final int UNITS = QueueAccess.SECONDS / CycleFiles.UNIT_SECONDS;

    private final SpanDocuments documents;
    private final QueueDirectory directory;
    private final QueueAppender appender;
    private long nowMs = NOON_MS;
    private int next;

    public LaidOutQueue(Path root, SpanDocuments documents) throws IOException {
        this(root, documents, documents.descriptor.startedNs());
    }

    /** @param startedNs the start time, by which queues are ordered */
    public LaidOutQueue(Path root, SpanDocuments documents, long startedNs) throws IOException {
        this.documents = documents;
        final QueueDescriptor like = documents.descriptor;
        directory = QueueDirectory.create(
                root,
                new QueueDescriptor(
                        like.service(), like.host(), like.pid(), startedNs, like.incarnation(), like.resource()));
        appender = QueueAccess.append(directory.path(), () -> nowMs);
    }

    /** A queue of three files with ten documents each. */
    static LaidOutQueue threeCycles(Path root, SpanDocuments documents) throws IOException {
        return new LaidOutQueue(root, documents)
                .append(10)
                .nextCycle()
                .append(10)
                .nextCycle()
                .append(10);
    }

    /** The files of a queue by their numbers. */
    static List<Integer> cycles(Path directory) throws IOException {
        return Arrays.stream(CycleFiles.cycles(directory))
                .mapToObj(LaidOutQueue::number)
                .collect(Collectors.toList());
    }

    /** Appends the next documents. */
    public LaidOutQueue append(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            append(documents.all.get(next++).bytes());
        }
        return this;
    }

    long append(ByteBuffer bytes) throws IOException {
        return appender.append(bytes, 0, bytes.limit());
    }

    /** Leaves out the next documents. */
    LaidOutQueue leaveOut(int count) {
        next += count;
        return this;
    }

    /** Starts another file. */
    public LaidOutQueue nextCycle() {
        nowMs += CYCLE_MS;
        return this;
    }

    /** A cycle by its number from the first. */
    public static int cycle(int number) {
        return (int) (NOON_MS / CYCLE_MS + number) * UNITS;
    }

    /** The number of a cycle from the first. */
    static int number(int cycle) {
        return (cycle - cycle(0)) / UNITS;
    }

    public Path path() {
        return directory.path();
    }

    Path file(int cycle) {
        return CycleFiles.file(path(), cycle(cycle));
    }

    /** Marks the process as ended. */
    public Path dead() {
        close();
        return path();
    }

    @Override
    public void close() {
        appender.close();
        directory.close();
    }
}
