package io.kraken.tracer.ring;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.ring.queue.BatchWriter;
import io.kraken.tracer.ring.queue.QueueAppender;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Appends spans to a queue on disk, for the bridge of this host. A queue that breaks, by a full disk most of all, is
 * abandoned where it stands, and another one is begun a little later; until then, and while the disk is too full, spans
 * are dropped and counted. The service notices nothing.
 */
public final class QueueSink implements BatchSink {

    /** A span waits no longer for others: what is not in the queue dies with the process. */
    private static final int MOST_BATCH_MILLIS = 10;

    private static final long LOOK_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long FIRST_RETRY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LAST_RETRY_NS = TimeUnit.MINUTES.toNanos(1);

    /** Makes the queue in a directory; a test makes one that breaks. */
    interface Opener {
        QueueAppender open(Path directory) throws QueueException;
    }

    private final Opener opener;
    private final Counters counters;
    private final Path root;
    private final QueueDescriptor descriptor;
    private final BatchWriter writer;
    private final ByteBuffer document = BatchWriter.newBuffer();
    private final Problems problems;
    private final long mostBytes;
    private final long reserveBytes;

    private QueueDirectory directory;
    private QueueAppender appender;
    private boolean begun;
    private boolean tried;
    private long retryNs = FIRST_RETRY_NS;
    /** Before this time no other queue is begun, however soon the last one broke. */
    private long retryAtNs;

    private long lookAtNs;
    private boolean looked;
    /** Bytes that may be appended before the next look at the disk. */
    private long room;

    QueueSink(RingExport.Environment environment, Opener opener) {
        this.opener = opener;
        counters = environment.file().counters();
        root = QueueDirectory.root(environment.config().get(ExportSettings.QUEUE_DIR));
        descriptor = describe(environment);
        writer = new BatchWriter(environment);
        problems = new Problems(root.toString());
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

    /** Null, and a warning that says what to do, when this JVM can't have queues. */
    static QueueSink open(RingExport.Environment environment) {
        try {
            Queues.check();
        } catch (QueueException e) {
            environment.config().warn(e.getMessage());
            return null;
        }
        final QueueSink sink = new QueueSink(environment, Queues::append);
        sink.look();
        if (sink.room > 0) {
            sink.begin(); // here, where half a second is not missed
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

    /** Leaves the queue to the bridge: what was appended is in it. */
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

    /** One that nothing was ever appended to is of no use to anybody. */
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
        counters.increment(Counter.REQUESTS);
        counters.add(Counter.EXPORT_NANOS, System.nanoTime() - begunNs);
    }

    @Override
    public int doWork(long nowNs) {
        if (!looked || nowNs - lookAtNs >= 0) {
            looked = true;
            lookAtNs = nowNs + LOOK_NS;
            look();
            if (room <= 0 && begun) {
                end(); // the file that is written last can only go with the whole queue, when its process does
            }
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

    /** How much the queues may grow until the next look. */
    private void look() {
        try {
            final Path there = Files.isDirectory(root) ? root : existing(root);
            final long free = Files.getFileStore(there).getUsableSpace() - reserveBytes;
            final long below = mostBytes - bytesBelow(root);
            room = Math.min(free, below);
            if (room <= 0) {
                problems.report(
                        free <= 0
                                ? "less than " + (reserveBytes >> 20) + " MB of the disk are free: spans are dropped"
                                : "the queues have reached " + (mostBytes >> 20) + " MB: spans are dropped");
            }
        } catch (IOException | RuntimeException e) {
            problems.note(e.toString());
            room = mostBytes; // the append will tell
        }
    }

    private static Path existing(Path path) {
        Path there = path;
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        return there;
    }

    private static long bytesBelow(Path root) throws IOException {
        long bytes = 0;
        for (Path queue : QueueRoot.list(root)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(queue)) {
                for (Path file : files) {
                    bytes += size(file);
                }
            } catch (IOException e) {
                continue; // the bridge has just deleted it
            }
        }
        return bytes;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public int batchMillis(int configured) {
        return Math.min(configured, MOST_BATCH_MILLIS);
    }

    @Override
    public void close() {
        end();
    }

    @Override
    public String describe() {
        return "queue in "
                + (directory == null ? root + ", broken" : directory.path().toString()) + problems.suffix();
    }
}
