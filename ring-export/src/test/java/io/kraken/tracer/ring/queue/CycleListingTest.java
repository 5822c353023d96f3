package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CycleListingTest {

    @TempDir
    Path root;

    private Path directory;
    private CycleListing listing;

    @BeforeEach
    void create() throws IOException {
        directory = Files.createDirectory(root.resolve("queue"));
        listing = new CycleListing(directory);
    }

    private void file(int cycle, Instant directoryTime) throws IOException {
        Files.createFile(CycleFiles.file(directory, cycle));
        Files.setLastModifiedTime(directory, FileTime.from(directoryTime));
    }

    @Test
    void listsDirectoryOnlyWhenItHasChanged() throws IOException {
        final Instant old = Instant.now().minus(Duration.ofMinutes(1));
        file(4, old);
        assertEquals(4, listing.after(CycleListing.NO_CYCLE));
        file(8, old);
        assertEquals(CycleListing.NO_CYCLE, listing.after(4), "not listed again");
        file(12, old.plusNanos(1_000_000));
        assertEquals(8, listing.after(4));
        assertEquals(12, listing.after(8));
    }

    @Test
    void listsDirectoryWhileItsChangeIsRecent() throws IOException {
        final Instant recent = Instant.now();
        file(4, recent);
        assertEquals(4, listing.after(CycleListing.NO_CYCLE));
        file(8, recent);
        assertEquals(8, listing.after(4));
    }

    @Test
    void listsDirectoryAgainAfterAFailure() throws IOException {
        Files.delete(directory);
        assertThrows(IOException.class, () -> listing.after(4));
        assertThrows(IOException.class, () -> listing.after(4));
        Files.createDirectory(directory);
        file(8, Instant.now().minus(Duration.ofMinutes(1)));
        assertEquals(8, listing.after(4));
    }
}
