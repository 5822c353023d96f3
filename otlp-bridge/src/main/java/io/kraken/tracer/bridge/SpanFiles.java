package io.kraken.tracer.bridge;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.SpanFile;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where the span files of this host are.
 *
 * @param directory null for each user's own directory in shared memory
 */
public record SpanFiles(Path directory) {

    /** Where they are by default, or where the environment says. */
    public static SpanFiles ofHost() {
        final String where = TracerConfig.fromEnvironment().get(TracerConfig.FILE);
        return new SpanFiles(
                where.equals(TracerConfig.AUTO) || where.equals(TracerConfig.NO_FILE) ? null : Path.of(where));
    }

    /** Those there are at this moment; a directory that is not there, or not ours to look into, has none. */
    public List<Path> list() throws IOException {
        if (directory != null) {
            return Files.isDirectory(directory) ? in(directory) : List.of();
        }
        final List<Path> found = new ArrayList<>();
        if (Files.isDirectory(SpanFile.SHARED_MEMORY)) {
            for (Path own : entries(SpanFile.SHARED_MEMORY, SpanFile.DIRECTORY_PREFIX + "*")) {
                if (Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS) && Files.isReadable(own)) {
                    found.addAll(in(own));
                }
            }
        }
        return found;
    }

    /** @throws IOException when the directory is not there */
    public static List<Path> in(Path directory) throws IOException {
        return entries(directory, "*" + SpanFile.SUFFIX);
    }

    private static List<Path> entries(Path directory, String pattern) throws IOException {
        final List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, pattern)) {
            entries.forEach(found::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(found);
        return found;
    }

    /** For who looks at the settings in force. */
    @Override
    public String toString() {
        return directory != null
                ? directory.toString()
                : SpanFile.SHARED_MEMORY.resolve(SpanFile.DIRECTORY_PREFIX) + "*";
    }
}
