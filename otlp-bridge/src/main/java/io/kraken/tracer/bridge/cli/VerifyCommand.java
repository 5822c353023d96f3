package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.inspect.CycleScan;
import io.kraken.tracer.bridge.inspect.QueueCheck;
import io.kraken.tracer.bridge.inspect.QueueReading;
import io.kraken.tracer.bridge.inspect.SpanFileCheck;
import io.kraken.tracer.bridge.inspect.Verdict;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The command that checks queues and span files. It changes nothing. */
final class VerifyCommand implements Command {

    @Override
    public String name() {
        return "verify";
    }

    @Override
    public String summary() {
        return "checks queues and span files, without repairing them";
    }

    @Override
    public String help() {
        return """
                [--queues=DIR] [--files=DIR] [FILE-OR-DIRECTORY...]

                Reads queues (the directory of one queue, or the root directory for all) and span files to the end, or
                all of this host if none is given, and prints one line for each, with its problems below.

                Checks of a queue: its descriptor; every document can be read and its checksum is right; document
                numbers and record counts have no gap; no record occurs twice; every record is well-formed; no
                complete document is out of the readers' reach. Checks of a span file: its header; its records; the
                ledger balances, if the process has ended.

                  --queues=DIR     root directory of the queues; default: KRAKEN_TRACER_QUEUE_DIR, else the user's
                                   state directory
                  --files=DIR      directory of the span files; default: KRAKEN_TRACER_FILE, else /dev/shm
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
        // A given directory that contains neither is checked as a queue, which reports that it contains none.
        queues.addAll(below.isEmpty() && spanFiles.isEmpty() ? List.of(path) : below);
    }

    private static int verify(List<Path> queues, List<Path> files, Console console) throws IOException {
        int wrong = 0;
        if (!queues.isEmpty()) {
            Queues.check(); // once here, or every queue would report the same error
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
                + (wrong == 0 ? "no problems found" : wrong + " with problems"));
        return wrong == 0 ? OK : WRONG;
    }

    private static int print(Verdict verdict, Console console) {
        console.print(verdict.toString());
        console.flush();
        return verdict.isSound() ? 0 : 1;
    }
}
