package io.kraken.tracer.bridge.settings;

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
import java.util.function.Predicate;

/**
 * The location of the span files of this host.
 *
 * @param directory null: the directories of all users in shared memory
 */
public record SpanFiles(Path directory) {

    /** The location configured in the environment, else the default. */
    public static SpanFiles ofHost() {
        final String where = TracerConfig.fromEnvironment().get(TracerConfig.FILE);
        return new SpanFiles(
                where.equals(TracerConfig.AUTO) || where.equals(TracerConfig.NO_FILE) ? null : Path.of(where));
    }

    /** The span files that exist now; a directory that does not exist or is not readable counts as empty. */
    public List<Path> list() throws IOException {
        if (directory != null) {
            return Files.isDirectory(directory) ? in(directory) : List.of();
        }
        final List<Path> found = new ArrayList<>();
        if (Files.isDirectory(SpanFile.SHARED_MEMORY)) {
            for (Path own : entries(SpanFile.SHARED_MEMORY, name -> name.startsWith(SpanFile.DIRECTORY_PREFIX))) {
                if (Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS) && Files.isReadable(own)) {
                    found.addAll(in(own));
                }
            }
        }
        return found;
    }

    /** @throws IOException when the directory does not exist */
    public static List<Path> in(Path directory) throws IOException {
        return entries(directory, name -> name.endsWith(SpanFile.SUFFIX));
    }

    /** Compares names without a pattern, which would be compiled in each call. */
    private static List<Path> entries(Path directory, Predicate<String> names) throws IOException {
        final List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (names.test(entry.getFileName().toString())) {
                    found.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(found);
        return found;
    }

    /** As shown in the list of settings. */
    @Override
    public String toString() {
        return directory != null
                ? directory.toString()
                : SpanFile.SHARED_MEMORY.resolve(SpanFile.DIRECTORY_PREFIX) + "*";
    }
}
