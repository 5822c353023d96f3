package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Checks queues and span files, and repairs nothing. */
final class VerifyCommand implements Command {

    @Override
    public String name() {
        return "verify";
    }

    @Override
    public String summary() {
        return "checks queues and span files, repairs nothing";
    }

    @Override
    public String help() {
        return """
                [--queues=DIR] [--files=DIR] [FILE-OR-DIRECTORY...]

                Reads queues (the directory of one, or their root for all of them) and span files to their ends, or all
                of this host when none is named, and prints a line for each, below it what is wrong.

                Of a queue: its descriptor; that every document can be read; checksums; that the documents' numbers and
                counts of records run on without a gap; that no record comes twice; that each record holds together;
                that no whole document stands in a file where no reader reaches it. Of a span file: its header; its
                records; that its ledger closes, when the process has ended.

                  --queues=DIR     the root of the queues; else KRAKEN_TRACER_QUEUE_DIR, else the user's own
                  --files=DIR      the directory of span files; else KRAKEN_TRACER_FILE, else those in /dev/shm
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments = Arguments.parse(given, Set.of("queues", "files"), Set.of());
        final List<Path> queues = new ArrayList<>();
        final List<Path> files = new ArrayList<>();
        final List<Path> named = arguments.paths();
        for (Path path : named) {
            sort(path, queues, files);
        }
        if (arguments.has("queues") || named.isEmpty() && !arguments.has("files")) {
            queues.addAll(DataPaths.queues(DataPaths.queueRoot(arguments.path("queues"))));
        }
        if (arguments.has("files") || named.isEmpty() && !arguments.has("queues")) {
            files.addAll(DataPaths.spanFiles(arguments.path("files")));
        }
        return verify(queues, files, console);
    }

    private static void sort(Path path, List<Path> queues, List<Path> files) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (!Files.isDirectory(path)) {
            files.add(path);
            return;
        }
        final List<Path> spanFiles = DataPaths.spanFilesIn(path);
        files.addAll(spanFiles);
        final List<Path> below = DataPaths.queues(path);
        // A directory that is named and has neither is taken for a queue, which then is found to be none.
        queues.addAll(below.isEmpty() && spanFiles.isEmpty() ? List.of(path) : below);
    }

    private static int verify(List<Path> queues, List<Path> files, Console console) throws IOException {
        int wrong = 0;
        if (!queues.isEmpty()) {
            Queues.check(); // or each of them would say the same
            final QueueReading reading = new QueueReading();
            final CycleScan scan = new CycleScan();
            for (Path queue : queues) {
                wrong += print(QueueCheck.of(queue, reading, scan), console);
            }
        }
        for (Path file : files) {
            wrong += print(SpanFileCheck.of(file), console);
        }
        console.line(queues.size() + " queues and " + files.size() + " span files, "
                + (wrong == 0 ? "nothing wrong" : wrong + " of them wrong"));
        return wrong == 0 ? OK : WRONG;
    }

    private static int print(Verdict verdict, Console console) {
        console.print(verdict.toString());
        console.flush();
        return verdict.isSound() ? 0 : 1;
    }
}
