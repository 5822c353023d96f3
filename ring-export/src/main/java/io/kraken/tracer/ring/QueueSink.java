package io.kraken.tracer.ring;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.ring.queue.BatchWriter;
import io.kraken.tracer.ring.queue.QueueAppender;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.Queues;
import io.kraken.tracer.ring.queue.ReclaimableBytes;
import io.kraken.tracer.ring.queue.RootUse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A sink that appends spans to a queue on disk, which the bridge on this host reads. A queue that fails, mostly because
 * of a full disk, is closed and left to the bridge, and a new one is created a little later; until then, and while the
 * disk is too full, spans are dropped and counted. The service is not affected.
 */
public final class QueueSink implements BatchSink {

    /** Maximum time a span waits for others: a span that is not in the queue is lost with the process. */
    private static final int MOST_BATCH_MILLIS = 10;

    private static final long CHECK_NS = TimeUnit.SECONDS.toNanos(1);
    /** Interval of the checks while more than half of the limit is left. */
    private static final long RARE_CHECK_NS = TimeUnit.SECONDS.toNanos(5);
    /** Queues looked at in a call of {@link #doWork}, each of which costs about 15 µs. */
    private static final int QUEUES_A_CYCLE = 16;

    private static final long FIRST_RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LAST_RETRY_NS = TimeUnit.MINUTES.toNanos(1);

    /** Opens the queue in a directory; tests pass one that fails. */
    interface Opener {
        QueueAppender open(Path directory) throws QueueException;
    }

    private final Opener opener;
    private final Counters counters;
    private final Path root;
    private final QueueDescriptor descriptor;
    private final BatchWriter writer;
    private final ByteBuffer document = BatchWriter.newBuffer();
    private final ThrottledLog problems;
    private final long mostBytes;
    private final long reserveBytes;

    /** Null while there is no queue. Written by the exporter's thread; any thread may describe it. */
    private volatile QueueDirectory directory;

    private QueueAppender appender;
    /** Whether a document may have been appended to the current queue. */
    private boolean begun;
    /** Whether there was an attempt to create a queue after the start. */
    private boolean tried;

    private long retryNs = FIRST_RETRY_NS;
    /** Earliest time at which another queue is created, however soon the last one failed. */
    private long retryAtNs;

    private final RootUse use;
    private long checkAtNs;
    private boolean checked;
    /** Bytes that may be appended before the next check of the disk. */
    private long room;

    QueueSink(RingExport.Environment environment, Opener opener) {
        this.opener = opener;
        counters = environment.file().counters();
        root = QueueDirectory.root(environment.config().get(ExportSettings.QUEUE_DIR));
        use = new RootUse(root);
        descriptor = describe(environment);
        writer = new BatchWriter(environment.file(), environment.config().resource());
        problems = ThrottledLog.about(root.toString());
        mostBytes = (long) environment.config().get(ExportSettings.QUEUE_MEGABYTES) << 20;
        reserveBytes = (long) environment.config().get(ExportSettings.QUEUE_RESERVE_MEGABYTES) << 20;
    }

    private static QueueDescriptor describe(RingExport.Environment environment) {
        final SpanFile file = environment.file();
        final Map<String, String> resource = environment.config().resource();
        return new QueueDescriptor(
                environment.config().serviceName(),
                resource.getOrDefault("host.name", ""),
                ProcessHandle.current().pid(),
                TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()),
                new QueueDescriptor.Incarnation(file.incarnationHigh(), file.incarnationLow()),
                resource);
    }

    /** The sink; null, after a warning that says what to do, when this JVM can't use queues. */
    static QueueSink open(RingExport.Environment environment) {
        try {
            Queues.check();
        } catch (QueueException e) {
            environment.config().warn(e.getMessage());
            return null;
        }
        final int cycleSeconds = environment.config().get(ExportSettings.QUEUE_CYCLE);
        final QueueSink sink = new QueueSink(environment, directory -> Queues.append(directory, cycleSeconds));
        while (!sink.checkDisk()) {
            // until all queues are counted
        }
        if (sink.room > 0) {
            sink.begin(); // at start-up, where half a second does not matter
        }
        return sink;
    }

    private void begin() {
        begun = false;
        try {
            directory = QueueDirectory.create(root, descriptor);
            appender = opener.open(directory.path());
        } catch (IOException | RuntimeException e) {
            abandon(e.toString());
        }
    }

    /** Closes the queue and leaves it to the bridge, with all that was appended. */
    private void abandon(String problem) {
        problems.report(problem);
        counters.increment(Counter.EXPORT_ERRORS);
        end();
    }

    private void end() {
        if (appender != null) {
            appender.close();
            appender = null;
        }
        if (directory != null) {
            directory.close();
            if (!begun) {
                delete(directory.path());
            }
            directory = null;
        }
    }

    /** Deletes a queue to which nothing was appended. */
    private void delete(Path empty) {
        try {
            QueueRoot.delete(empty);
        } catch (IOException e) {
            problems.note(e.toString());
        }
    }

    @Override
    public boolean keepsUnsampled() {
        return true;
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        if (room <= 0) {
            counters.add(Counter.QUEUE_FULL, batch.count());
        } else if (appender == null) {
            counters.add(Counter.QUEUE_DOWN, batch.count());
        } else {
            append(batch);
        }
        batch.clear();
    }

    private void append(Batch batch) {
        final long begunNs = System.nanoTime();
        int done = 0;
        int appended = 0;
        int written = 0;
        try {
            while (done < batch.count()) {
                done += writer.write(batch, done, document);
                written += writer.records();
                begun = true;
                appender.append(document, 0, document.limit());
                room -= document.limit();
            }
            appender.settle();
            appended = written;
            retryNs = FIRST_RETRY_NS;
        } catch (QueueException e) {
            counters.add(Counter.QUEUE_DOWN, written + batch.count() - done);
            abandon(e.getMessage());
        }
        counters.add(Counter.QUEUED, appended);
        if (written > 0) {
            counters.increment(Counter.REQUESTS);
            counters.add(Counter.EXPORT_NANOS, System.nanoTime() - begunNs);
        }
    }

    @Override
    public int doWork(long nowNs) {
        if (!checked || nowNs - checkAtNs >= 0) {
            check(nowNs);
        }
        if (appender != null || room <= 0 || tried && nowNs - retryAtNs < 0) {
            return 0;
        }
        tried = true;
        begin();
        retryAtNs = nowNs + retryNs;
        retryNs = Math.min(LAST_RETRY_NS, retryNs * 2);
        return 1;
    }

    private void check(long nowNs) {
        if (!checkDisk()) {
            return; // continued by the next call
        }
        checked = true;
        checkAtNs = nowNs + (room > mostBytes / 2 ? RARE_CHECK_NS : CHECK_NS);
        if (room <= 0 && begun) {
            end(); // the newest file can only be deleted with the whole queue, once its lock is released
        }
    }

    /** Determines how much the queues may grow until the next check; false when not all queues are counted yet. */
    private boolean checkDisk() {
        try {
            if (!use.count(QUEUES_A_CYCLE)) {
                return false;
            }
            final Path existing = Files.isDirectory(root) ? root : nearestExisting(root);
            final long free = Files.getFileStore(existing).getUsableSpace() - reserveBytes;
            // What the bridge can delete at any moment must not make services drop spans.
            final long unshipped = Math.max(0, use.bytes() - ReclaimableBytes.read(root));
            final long below = mostBytes - unshipped;
            room = Math.min(free, below);
            if (room <= 0) {
                problems.report(
                        free <= 0
                                ? "less than " + (reserveBytes >> 20) + " MB of disk space left ("
                                        + ExportSettings.QUEUE_RESERVE_MEGABYTES.property() + "): spans are dropped"
                                : "the queues have reached " + (mostBytes >> 20) + " MB ("
                                        + ExportSettings.QUEUE_MEGABYTES.property() + "): spans are dropped");
            }
        } catch (IOException | RuntimeException e) {
            problems.note(e.toString());
            room = mostBytes; // unknown; a full disk makes the append fail
        }
        return true;
    }

    private static Path nearestExisting(Path path) {
        Path existing = path;
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        return existing;
    }

    @Override
    public int batchMillis(int configured) {
        return Math.min(configured, MOST_BATCH_MILLIS);
    }

    @Override
    public void close() {
        end();
        problems.logAll();
    }

    @Override
    public String describe() {
        final QueueDirectory current = directory;
        return "queue in "
                + (current == null ? root + ", not available" : current.path().toString()) + problems.suffix();
    }
}
