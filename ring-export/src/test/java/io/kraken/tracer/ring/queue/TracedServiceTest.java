package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.Jdks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests a service in a separate JVM whose spans go to a queue. */
class TracedServiceTest {

    private static final int KILLS = 20;
    private static final int SPANS = 5000;
    private static final long LOOK_NS = 20_000;
    /** For most services, which start in half the time then. */
    private static final List<String> FAST_START = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    @TempDir
    Path folder;

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    /**
     * Counts the spans of all documents of a queue, and checks that each is intact and none is missing between the
     * first and the last.
     */
    private static long spans(Path directory) throws IOException {
        final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
        final BatchReader reader = new BatchReader();
        long spans = 0;
        long number = 0;
        try (QueueTailer tailer = Queues.read(directory)) {
            for (int length = tailer.read(into); length > 0; length = tailer.read(into)) {
                assertTrue(reader.wrap(into, 0, length), () -> "refused: " + reader.refusal());
                assertEquals(++number, reader.number());
                assertEquals(reader.count(), Long.bitCount(reader.soundRecords()));
                spans += reader.count();
            }
        }
        return spans;
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void queueContainsAllSpansWhenServiceHasEnded(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final Path root = folder.resolve("root");
        final String ledger = QueueJvm.start(jdk, QueueJvm.argumentFile(), folder, TracedServiceMain.class, root, SPANS)
                .outputOfQuietRun();
        assertTrue(ledger.startsWith("ledger started=" + SPANS + " ended=" + SPANS), ledger);
        assertTrue(ledger.contains(" shipped=" + SPANS + " rejected=0 dropped=0 open=0 lost=0 "), ledger);
        final List<Path> queues = QueueRoot.list(root);
        assertEquals(1, queues.size());
        assertEquals("traced", QueueDescriptor.read(queues.get(0)).service());
        assertEquals(SPANS, spans(queues.get(0)));
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void runsUntracedWithoutFlagsAndSaysWhatToDo(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final QueueJvm jvm =
                QueueJvm.start(jdk, List.of(), folder, TracedServiceMain.class, folder.resolve("root"), SPANS);
        final String errors = jvm.errorOutput();
        assertTrue(errors.contains("-javaagent:ring-export.jar"), errors);
        assertEquals(
                1, errors.lines().filter(line -> line.startsWith("WARNING: ")).count(), errors);
        assertTrue(jvm.out().startsWith("ledger started=0 "), jvm.out());
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("jdks")
    void spansCountedAsQueuedSurviveAKill(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final Random random = new Random(jdk.feature());
        for (int kill = 1; kill <= KILLS; kill++) {
            final Path root = folder.resolve("root-" + kill);
            final List<String> flags = new ArrayList<>(QueueJvm.argumentFile());
            flags.addAll(kill % 4 == 0 ? List.of() : FAST_START);
            final Path progress = folder.resolve("progress-" + kill);
            final QueueJvm jvm = QueueJvm.start(jdk, flags, folder, TracedServiceMain.class, root, 0, progress);
            final long queued = killAfter(1 + random.nextInt(200_000), jvm, progress);
            final List<Path> queues = QueueRoot.list(root);
            assertEquals(1, queues.size());
            final long found = spans(queues.get(0));
            assertTrue(found >= queued, () -> found + " found, " + queued + " queued");
        }
    }

    private static long killAfter(int spans, QueueJvm jvm, Path progress) throws IOException, InterruptedException {
        try {
            while (jvm.process.isAlive() && !(Files.exists(progress) && Files.size(progress) == Long.BYTES)) {
                LockSupport.parkNanos(LOOK_NS);
            }
            try (FileChannel channel = FileChannel.open(progress, StandardOpenOption.READ)) {
                final ByteBuffer queued = channel.map(FileChannel.MapMode.READ_ONLY, 0, Long.BYTES);
                while (jvm.process.isAlive() && queued.getLong(0) < spans) {
                    LockSupport.parkNanos(LOOK_NS);
                }
                assertTrue(jvm.process.isAlive());
                jvm.kill();
                return queued.order(ByteOrder.BIG_ENDIAN).getLong(0);
            }
        } finally {
            jvm.kill();
        }
    }
}
