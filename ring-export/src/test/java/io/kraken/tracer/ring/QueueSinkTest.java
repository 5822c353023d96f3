package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.QueueAppender;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueException;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import io.kraken.tracer.ring.queue.ReclaimableBytes;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueueSinkTest extends BatchSinkContract {

    private static final long MEGABYTE = 1 << 20;

    @TempDir
    Path folder;

    private Path root;
    private TracerConfig settings;

    @BeforeEach
    void configure() {
        root = folder.resolve("queues");
        settings = Rig.settings()
                .with(ExportSettings.QUEUE_DIR, root.toString())
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0);
    }

    @Override
    TracerConfig settings() {
        return settings;
    }

    /** A queue that accepts nothing is closed, and spans are dropped until there is another. */
    @Override
    TracerConfig stuck() {
        return null;
    }

    @Override
    BatchSink open(RingExport.Environment environment) {
        return QueueSink.open(environment);
    }

    @Override
    String where() {
        return root.toString();
    }

    private Rig rig() {
        return new Rig(this::open, settings);
    }

    /**
     * Reads all spans of a queue, in the order of its documents, and checks that these are numbered from 1 without
     * gaps.
     */
    private static List<Span> read(Path directory) throws IOException {
        final List<Span> spans = new ArrayList<>();
        final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
        final BatchReader reader = new BatchReader();
        final DocumentEncoder encoder = new DocumentEncoder();
        final ByteBuffer request = encoder.newBuffer(8 << 20);
        final Map<Integer, Long> generations = new HashMap<>();
        long number = 0;
        long earlier = 0;
        try (QueueTailer tailer = Queues.read(directory)) {
            for (int length = tailer.read(into); length > 0; length = tailer.read(into)) {
                assertTrue(reader.wrap(into, 0, length), () -> "refused: " + reader.refusal());
                assertEquals(number == 0 ? reader.number() : number + 1, reader.number());
                number = reader.number();
                assertEquals(spans.isEmpty() ? reader.earlier() : earlier, reader.earlier());
                earlier = reader.earlier() + reader.count() + reader.leftOut();
                for (int record = 0; record < reader.count(); record++) {
                    final Long before = generations.put(reader.place(record), reader.generation(record));
                    assertTrue(before == null || before < reader.generation(record), "a record appears twice");
                }
                assertEquals(reader.count(), encoder.encode(reader, -1L, request));
                spans.addAll(ExportTraceServiceRequest.parseFrom(request)
                        .getResourceSpans(0)
                        .getScopeSpans(0)
                        .getSpansList());
            }
        }
        return spans;
    }

    private Path onlyQueue() throws IOException {
        final List<Path> queues = QueueRoot.list(root);
        assertEquals(1, queues.size(), queues::toString);
        return queues.get(0);
    }

    @Test
    void queuesEverySpanAndCountsIt() throws IOException {
        final Ledger ledger;
        try (Rig rig = rig()) {
            for (int round = 0; round < 10; round++) {
                rig.record(100).doWork();
            }
            assertTrue(QueueRoot.isAlive(onlyQueue()));
            ledger = rig.closed(Duration.ofSeconds(5));
        }
        assertEquals(2000, ledger.count(Counter.QUEUED));
        final List<Span> spans = read(onlyQueue());
        assertEquals(2000, spans.size());
        assertEquals(
                1000,
                spans.stream()
                        .filter(span -> span.getName().equals("rig.outer"))
                        .count());
        assertFalse(QueueRoot.isAlive(onlyQueue()));
    }

    @Test
    void descriptorIdentifiesTheProcess() throws IOException {
        try (Rig rig = rig()) {
            rig.record(1).doWork();
            final QueueDescriptor descriptor = QueueDescriptor.read(onlyQueue());
            assertEquals("rig", descriptor.service());
            assertEquals(ProcessHandle.current().pid(), descriptor.pid());
            assertEquals(
                    rig.tracer.file().incarnationHigh(),
                    descriptor.incarnation().high());
            assertEquals("rig", descriptor.resource().get("service.name"));
        }
    }

    @Test
    void deletesQueueWithoutDocuments() throws IOException {
        rig().close();
        assertEquals(List.of(), QueueRoot.list(root));
    }

    @Test
    void retriesWhenQueueCanNotBeCreated() throws IOException {
        Files.writeString(root, "in the way");
        try (Rig rig = rig()) {
            rig.record(5).doWork();
            assertEquals(10, rig.count(Counter.QUEUE_DOWN));
            assertEquals(1, rig.logged.size(), rig.logged::toString);
            Files.delete(root);
            rig.record(5).step(1);
            assertEquals(20, rig.count(Counter.QUEUE_DOWN));
            rig.step(60_000).record(5).doWork();
            assertEquals(10, rig.count(Counter.QUEUED));
            rig.closed(Duration.ofSeconds(5));
        }
        assertEquals(10, read(onlyQueue()).size());
    }

    /** An appender that fails after this number of appends, as on a full disk. */
    private static QueueAppender breaking(QueueAppender intact, int after) {
        return new QueueAppender() {
            private int appends;

            @Override
            public long append(ByteBuffer bytes, int offset, int length) throws QueueException {
                if (++appends > after) {
                    throw new QueueException("broken");
                }
                return intact.append(bytes, offset, length);
            }

            @Override
            public void settle() throws QueueException {
                intact.settle();
            }

            @Override
            public void close() {
                intact.close();
            }
        };
    }

    @Test
    void leavesFailedQueueToBridgeAndCreatesAnotherLater() throws IOException {
        final AtomicInteger opened = new AtomicInteger();
        final QueueSink.Opener twiceBroken = directory -> {
            final QueueAppender intact = Queues.append(directory, 20);
            final int number = opened.incrementAndGet();
            return number > 2 ? intact : breaking(intact, number == 1 ? 1 : 0);
        };
        try (Rig rig = new Rig(environment -> new QueueSink(environment, twiceBroken), settings)) {
            rig.step(1).record(5).doWork();
            assertEquals(10, rig.count(Counter.QUEUED));
            rig.record(5).doWork(); // the first queue fails
            assertEquals(10, rig.count(Counter.QUEUE_DOWN));
            rig.step(100).record(5).doWork();
            assertEquals(1, opened.get());
            rig.step(60_000).record(5).doWork(); // the second queue fails at once
            assertEquals(2, opened.get());
            rig.step(100).record(5).doWork();
            assertEquals(2, opened.get(), "no third queue before the back-off has passed");
            rig.step(60_000).record(5).doWork();
            final Ledger ledger = rig.closed(Duration.ofSeconds(5));
            assertEquals(20, ledger.count(Counter.QUEUED));
            assertEquals(40, ledger.count(Counter.QUEUE_DOWN));
        }
        final List<Integer> found = new ArrayList<>();
        for (Path queue : QueueRoot.list(root)) {
            found.add(read(queue).size());
        }
        found.sort(null);
        assertEquals(List.of(0, 10, 10), found);
    }

    @Test
    void dropsSpansWhileAllQueuesTogetherExceedTheLimit() throws IOException {
        settings.with(ExportSettings.QUEUE_MEGABYTES, 512);
        final Path backlog =
                Files.createDirectories(root.resolve("of-another-process")).resolve("backlog");
        try (Rig rig = rig()) {
            rig.record(5).step(2000);
            assertEquals(10, rig.count(Counter.QUEUED));
            try (RandomAccessFile file = new RandomAccessFile(backlog.toFile(), "rw")) {
                file.setLength(512 * MEGABYTE); // a sparse file, which is not known to be one
            }
            rig.step(6000).record(5).doWork();
            assertEquals(10, rig.count(Counter.QUEUE_FULL));
            for (Path queue : QueueRoot.list(root)) {
                assertFalse(QueueRoot.isAlive(queue)); // so that the bridge can delete the whole queue
            }
            Files.delete(backlog);
            rig.step(2000).record(5).doWork();
            assertEquals(20, rig.count(Counter.QUEUED));
            rig.closed(Duration.ofSeconds(5));
        }
    }

    @Test
    void shippedBytesDoNotMakeItDropSpans() throws IOException {
        settings.with(ExportSettings.QUEUE_MEGABYTES, 64);
        final Path kept = Files.createDirectories(root.resolve("of-another-process"));
        try (RandomAccessFile file = new RandomAccessFile(kept.resolve("kept").toFile(), "rw");
                ReclaimableBytes reclaimable = ReclaimableBytes.open(root);
                Rig rig = rig()) {
            file.setLength(100 * MEGABYTE);
            rig.step(6000).record(5).doWork();
            assertEquals(10, rig.count(Counter.QUEUE_FULL));
            reclaimable.write(40 * MEGABYTE, 0);
            rig.step(6000).record(5).doWork();
            assertEquals(10, rig.count(Counter.QUEUED));
            reclaimable.write(30 * MEGABYTE, 0);
            rig.step(6000).record(5).doWork();
            assertEquals(20, rig.count(Counter.QUEUE_FULL));
            reclaimable.write(Long.MAX_VALUE, 0);
            rig.step(6000).record(5).doWork();
            assertEquals(20, rig.count(Counter.QUEUED));
            file.setLength(0);
            rig.closed(Duration.ofSeconds(5));
        }
    }

    /** Their files have 20 MB each, and 8 KB on disk. */
    @Test
    void manyQueuesWithFewSpansDoNotReachTheLimit() throws IOException {
        settings.with(ExportSettings.QUEUE_MEGABYTES, 64);
        for (int i = 0; i < 10; i++) {
            try (Rig rig = rig()) {
                rig.record(1).step(6000);
                assertEquals(2, rig.count(Counter.QUEUED));
                rig.closed(Duration.ofSeconds(5));
            }
        }
        assertEquals(10, QueueRoot.list(root).size());
    }

    @Test
    void dropsSpansWhenDiskReserveIsReached() {
        settings.with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 1 << 20); // a terabyte
        try (Rig rig = rig()) {
            rig.record(5).step(1);
            assertEquals(10, rig.count(Counter.QUEUE_DOWN) + rig.count(Counter.QUEUE_FULL));
            assertEquals(0, rig.count(Counter.QUEUED));
        }
    }
}
