package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.Jdks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KilledAppenderTest {

    private static final int KILLS = 3;

    @TempDir
    Path folder;

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void appendedDocumentsSurviveAKill(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final Path root = folder.resolve("root");
        final Random random = new Random(jdk.feature());
        for (int kill = 1; kill <= KILLS; kill++) {
            final Path progress = folder.resolve("progress-" + kill);
            final int returned = killAfter(1 + random.nextInt(4000), jdk, root, progress);
            final List<Path> directories = QueueRoot.list(root);
            // All of them had the same process id.
            assertEquals(kill, directories.size());
            int best = 0;
            for (Path directory : directories) {
                assertFalse(QueueRoot.isAlive(directory));
                assertEquals(1, QueueDescriptor.read(directory).pid());
                best = Math.max(best, documents(directory));
            }
            final int found = best;
            assertTrue(found >= returned, () -> found + " found, " + returned + " appended");
        }
    }

    private int killAfter(int documents, Jdks.Jdk jdk, Path root, Path progress)
            throws IOException, InterruptedException {
        final QueueJvm jvm =
                QueueJvm.start(jdk, QueueJvm.argumentFile(), folder, AppendForeverMain.class, root, progress);
        try {
            while (jvm.process.isAlive() && !(Files.exists(progress) && Files.size(progress) == Long.BYTES)) {
                Thread.yield();
            }
            assertTrue(jvm.process.isAlive());
            try (FileChannel channel = FileChannel.open(progress, StandardOpenOption.READ)) {
                final ByteBuffer done = channel.map(FileChannel.MapMode.READ_ONLY, 0, Long.BYTES);
                while (jvm.process.isAlive() && done.getInt(0) < documents) {
                    Thread.onSpinWait();
                }
                assertTrue(jvm.process.isAlive());
                QueueRoot.list(root).forEach(directory -> assertEquals(isNewest(root, directory), alive(directory)));
                jvm.kill();
                return done.getInt(0);
            }
        } finally {
            jvm.kill();
        }
    }

    private static boolean alive(Path directory) {
        return QueueRoot.isAlive(directory);
    }

    private static boolean isNewest(Path root, Path directory) {
        try {
            for (Path other : QueueRoot.list(root)) {
                if (Files.getLastModifiedTime(other.resolve(QueueDirectory.LOCK_NAME))
                                .compareTo(Files.getLastModifiedTime(directory.resolve(QueueDirectory.LOCK_NAME)))
                        > 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static int documents(Path directory) throws QueueException {
        final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
        try (QueueTailer tailer = Queues.read(directory)) {
            int number = 0;
            for (int next = Documents.read(tailer, into); next != 0; next = Documents.read(tailer, into)) {
                assertEquals(++number, next);
            }
            return number;
        }
    }
}
