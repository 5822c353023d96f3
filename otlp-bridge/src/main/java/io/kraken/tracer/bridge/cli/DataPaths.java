package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.bridge.settings.SpanFiles;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** The locations of queues and span files. */
final class DataPaths {

    private static final String DESCRIPTOR = "descriptor";

    private DataPaths() {}

    /** @param given null: from the environment, else the default */
    static Path queueRoot(Path given) {
        return given != null
                ? given
                : QueueDirectory.root(TracerConfig.fromEnvironment().get(ExportSettings.QUEUE_DIR));
    }

    /** The directory itself if it is a queue, else the queues directly below it. */
    static List<Path> queues(Path directory) throws IOException {
        return isQueue(directory) ? List.of(directory) : QueueRoot.list(directory);
    }

    /** Judges by the existence of files, readable or not: a damaged queue may lack any of them. */
    private static boolean isQueue(Path directory) throws IOException {
        return Files.exists(directory.resolve(DESCRIPTOR), LinkOption.NOFOLLOW_LINKS)
                || Files.isDirectory(directory) && CycleFiles.cycles(directory).length > 0;
    }

    /** Span files in this directory. */
    static List<Path> spanFilesIn(Path directory) throws IOException {
        return SpanFiles.in(directory);
    }

    /**
     * The span files in a directory.
     *
     * @param given null: those of the directory in the environment, else of the host's default directories
     */
    static List<Path> spanFiles(Path given) throws IOException {
        return given != null ? spanFilesIn(given) : SpanFiles.ofHost().list();
    }
}
