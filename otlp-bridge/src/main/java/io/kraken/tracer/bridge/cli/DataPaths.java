package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.bridge.SpanFiles;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** Where queues and span files stand. */
final class DataPaths {

    private static final String DESCRIPTOR = "descriptor";

    private DataPaths() {}

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
        return SpanFiles.in(directory);
    }

    /**
     * All span files of the host that are where they are by default, or where the environment says.
     *
     * @param given null for that
     */
    static List<Path> spanFiles(Path given) throws IOException {
        return given != null ? spanFilesIn(given) : SpanFiles.ofHost().list();
    }
}
