package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueueDirectoryTest {

    private static final QueueDescriptor DESCRIPTOR = new QueueDescriptor(
            "billing",
            "host-7",
            1,
            1_800_014_400_123_456_789L,
            new QueueDescriptor.Incarnation(11, 12),
            Map.of("service.name", "billing"));

    @TempDir
    Path folder;

    private Path root() {
        return folder.resolve("state").resolve("queues");
    }

    @Test
    void onlyOwnerCanReadTheDirectory() throws IOException {
        try (QueueDirectory directory = QueueDirectory.create(root(), DESCRIPTOR);
                QueueAppender appender = Queues.append(directory.path(), 20)) {
            Documents.append(appender, 1);
            assertEquals("rwx------", permissions(root()));
            assertEquals("rwx------", permissions(directory.path()));
            assertEquals("rw-------", permissions(directory.path().resolve(QueueDescriptor.FILE_NAME)));
            assertEquals("rw-------", permissions(directory.path().resolve(QueueDirectory.LOCK_NAME)));
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void startsWithSameProcessIdGetSeparateDirectories() throws IOException {
        try (QueueDirectory one = QueueDirectory.create(root(), DESCRIPTOR);
                QueueDirectory two = QueueDirectory.create(root(), DESCRIPTOR)) {
            assertNotEquals(one.path(), two.path());
            assertEquals(2, QueueRoot.list(root()).size());
            assertTrue(one.path().getFileName().toString().startsWith("20270115-120000-1-"), one.path()::toString);
        }
    }

    @Test
    void directoryIsAliveUntilClosed() throws IOException {
        final QueueDirectory directory = QueueDirectory.create(root(), DESCRIPTOR);
        for (int i = 0; i < 3; i++) {
            assertTrue(QueueRoot.isAlive(directory.path()));
        }
        directory.close();
        assertFalse(QueueRoot.isAlive(directory.path()));
        assertEquals(DESCRIPTOR, QueueDescriptor.read(directory.path()));
        QueueRoot.delete(directory.path());
        assertFalse(QueueRoot.isAlive(directory.path()));
        assertEquals(List.of(), QueueRoot.list(root()));
    }

    @Test
    void listsOnlyFinishedDirectories() throws IOException {
        assertEquals(List.of(), QueueRoot.list(root()));
        try (QueueDirectory directory = QueueDirectory.create(root(), DESCRIPTOR)) {
            Files.createDirectory(root().resolve(QueueDirectory.UNFINISHED + "x"));
            Files.createFile(root().resolve("a file"));
            Files.createSymbolicLink(root().resolve("link"), directory.path());
            assertEquals(List.of(directory.path()), QueueRoot.list(root().toRealPath()));
        }
    }

    @Test
    void deletesOldUnfinishedDirectories() throws IOException {
        final Path left = Files.createDirectories(root().resolve(QueueDirectory.UNFINISHED + "x"));
        Files.createFile(left.resolve(QueueDirectory.LOCK_NAME));
        Files.createFile(left.resolve(QueueDescriptor.FILE_NAME));
        final Instant begun = Instant.now();
        Files.setLastModifiedTime(left, FileTime.from(begun));
        assertEquals(0, QueueRoot.deleteUnfinished(root(), begun.plusSeconds(59)));
        assertEquals(1, QueueRoot.deleteUnfinished(root(), begun.plusSeconds(61)));
        assertFalse(Files.exists(left));
        assertEquals(0, QueueRoot.deleteUnfinished(folder.resolve("absent"), begun));
    }

    @Test
    void throwsForUnusableRootAndLeavesNothingBehind() throws IOException {
        final Path file = Files.createFile(folder.resolve("file"));
        assertThrows(IOException.class, () -> QueueDirectory.create(file, DESCRIPTOR));
        assertThrows(IOException.class, () -> QueueDirectory.create(file.resolve("below"), DESCRIPTOR));
        assertTrue(Files.isRegularFile(file));
    }

    @Test
    void rootIsBelowUserStateDirectoryByDefault() {
        final Path home = Path.of("/home/u/.local/state/kraken-tracer/queues");
        assertEquals(home, QueueDirectory.root("auto", null, "/home/u"));
        assertEquals(home, QueueDirectory.root(" ", "", "/home/u"));
        assertEquals(home, QueueDirectory.root("auto", "relative", "/home/u"));
        assertEquals(Path.of("/s/kraken-tracer/queues"), QueueDirectory.root("auto", "/s", "/home/u"));
        assertEquals(Path.of("/q"), QueueDirectory.root(" /q ", "/s", "/home/u"));
    }
}
