package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The disk space that files really take: queue files are sparse, so that their size says little. */
public final class DiskUse {

    private static final long BLOCK_BYTES = 512;

    private DiskUse() {}

    /** The bytes of a file; 0 when it does not exist. */
    public static long of(Path file) {
        try {
            return ((Number) Files.getAttribute(file, "unix:blocks", LinkOption.NOFOLLOW_LINKS)).longValue()
                    * BLOCK_BYTES;
        } catch (IOException e) {
            return 0;
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return size(file);
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    /** The bytes of the files in a directory; 0 when it does not exist. */
    public static long ofDirectory(Path directory) {
        long sum = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                sum += of(file);
            }
        } catch (IOException | DirectoryIteratorException e) {
            return sum; // deleted in between
        }
        return sum;
    }
}
