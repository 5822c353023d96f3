package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.Waterfall;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Shows the counters of every process of the host, again and again. */
final class StatCommand implements Command {

    /** Cursor to the corner, and all that is below it cleared. */
    private static final String REDRAW = "\033[H\033[J";

    private static final String CLEAR = "\033[2J";

    @Override
    public String name() {
        return "stat";
    }

    @Override
    public String summary() {
        return "shows live counters of every process of this host";
    }

    @Override
    public String help() {
        return """
                [--interval=1s] [--count=N] [--once] [--files=DIR]

                Shows where the spans of every process are that has a span file, and how fast that changes: in place on
                a terminal, line by line otherwise. Ends with an interrupt, or after N times.

                  --interval=TIME  500ms, 1s, 2m
                  --count=N        how often; 0, the default, is for ever
                  --once           the same as --count=1: totals, no rates
                  --files=DIR      the directory of span files; else KRAKEN_TRACER_FILE, else those in /dev/shm

                STATE is alive, closed (in good order), gone (killed: its file waits for whoever recovers it). STARTED,
                OPEN, DROPPED, SHIPPED (handed on, to a backend or a queue), REJECTED and BUFFERED are spans; /S is a
                second's worth since the time before; IN USE is the share of records that hold spans. Below a process
                stand how its tracer decides (recording, the share it samples, its circuit breaker, how much of what
                operator and bridge have said is in force) and its reasons for dropping and rejecting. Exit code 1:
                there is no span file.
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments = Arguments.parse(given, Set.of("interval", "count", "files"), Set.of("once"))
                .nothingElse();
        final Duration interval = arguments.duration("interval", Duration.ofSeconds(1));
        final int asked = arguments.number("count", 0, 0);
        final int count = arguments.has("once") ? 1 : asked;
        final Path directory = arguments.path("files");
        final Host host = new Host();
        final boolean inPlace = console.isTerminal() && count != 1;
        int seen = 0;
        long next = System.nanoTime();
        for (int i = 0; count == 0 || i < count; i++) {
            if (i > 0 && !await(next)) {
                break;
            }
            next += interval.toNanos();
            seen = host.look(directory);
            console.print((inPlace ? (i == 0 ? CLEAR : "") + REDRAW : "")
                    + host.table(inPlace ? console.width() : Integer.MAX_VALUE));
            console.flush();
        }
        return seen == 0 ? WRONG : OK;
    }

    /** False when this thread is to end. */
    private static boolean await(long deadline) {
        while (System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(deadline - System.nanoTime());
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
        }
        return true;
    }

    /** All processes, with what they had counted the last time. */
    private static final class Host {

        private final Map<Path, SpanFileReader> readers = new HashMap<>();
        private Map<Path, StatTable.Sample> before = Map.of();
        private Map<Path, StatTable.Sample> now = Map.of();
        private final List<String> problems = new ArrayList<>();

        /** Returns how many files there are. */
        int look(Path directory) throws IOException {
            final List<Path> files = DataPaths.spanFiles(directory);
            readers.keySet().retainAll(files);
            problems.clear();
            final Map<Path, StatTable.Sample> samples = new LinkedHashMap<>();
            for (Path file : files) {
                try {
                    SpanFileReader reader = readers.get(file);
                    if (reader == null) {
                        reader = SpanFileReader.open(file);
                        readers.put(file, reader);
                    }
                    samples.put(file, StatTable.Sample.of(reader, System.nanoTime()));
                } catch (IOException e) {
                    problems.add(KrakenTrace.about(e));
                } catch (InternalError e) {
                    readers.remove(file);
                    problems.add(file + " was cut off while it was read");
                }
            }
            before = now;
            now = samples;
            return files.size();
        }

        String table(int width) {
            final StatTable table = new StatTable();
            now.forEach((file, sample) -> table.add(sample, before.get(file)));
            final StringBuilder text = new StringBuilder(table.toString());
            for (String problem : problems) {
                text.append(Waterfall.clean(problem)).append('\n');
            }
            return text.isEmpty() ? "no span files\n" : cut(text, width);
        }

        /** A line that is continued on the next one would spoil what is drawn in place. */
        private static String cut(StringBuilder text, int width) {
            final StringBuilder cut = new StringBuilder(text.length());
            text.toString()
                    .lines()
                    .forEach(line ->
                            cut.append(line, 0, Math.min(line.length(), width)).append('\n'));
            return cut.toString();
        }
    }
}
