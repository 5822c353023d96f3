package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Where queues and span files stand. */
final class Places {

    private static final String DESCRIPTOR = "descriptor";

    private Places() {}

    /** @param given null for what the environment or else the default says */
    static Path queueRoot(Path given) {
        return given != null
                ? given
                : QueueDirectory.root(TracerConfig.fromEnvironment().get(ExportSettings.QUEUE_DIR));
    }

    /** The directory itself when it is a queue's, else the queues right below it. */
    static List<Path> queues(Path directory) throws IOException {
        return isQueue(directory) ? List.of(directory) : QueueRoot.list(directory);
    }

    /** Files tell, readable or not: what a damaged queue lacks may be any of them. */
    private static boolean isQueue(Path directory) throws IOException {
        return Files.exists(directory.resolve(DESCRIPTOR), LinkOption.NOFOLLOW_LINKS)
                || Files.isDirectory(directory) && CycleFiles.cycles(directory).length > 0;
    }

    /** Span files in this directory. */
    static List<Path> spanFilesIn(Path directory) throws IOException {
        return entries(directory, "*" + SpanFile.SUFFIX);
    }

    /**
     * All span files of the host that are where they are by default, or where the environment says.
     *
     * @param given null for that
     */
    static List<Path> spanFiles(Path given) throws IOException {
        if (given != null) {
            return spanFilesIn(given);
        }
        final String where = TracerConfig.fromEnvironment().get(TracerConfig.FILE);
        if (!where.equals(TracerConfig.AUTO) && !where.equals(TracerConfig.NO_FILE)) {
            return Files.isDirectory(Path.of(where)) ? spanFilesIn(Path.of(where)) : List.of();
        }
        final List<Path> found = new ArrayList<>();
        if (Files.isDirectory(SpanFile.SHARED_MEMORY)) {
            for (Path directory : entries(SpanFile.SHARED_MEMORY, SpanFile.DIRECTORY_PREFIX + "*")) {
                if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && Files.isReadable(directory)) {
                    found.addAll(spanFilesIn(directory));
                }
            }
        }
        return found;
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
}
