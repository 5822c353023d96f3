package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.inspect.Verdict;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.Waterfall;
import io.kraken.tracer.settings.SettingType;
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

/** The command that shows the counters of every traced process of the host at an interval. */
final class StatCommand implements Command {

    /** ANSI: cursor to the top left corner, then clear to the end of the screen. */
    private static final String REDRAW = "\033[H\033[J";

    private static final SettingType<Duration> INTERVAL = SettingType.duration("1ms", "8760h");
    private static final String CLEAR = "\033[2J";

    @Override
    public String name() {
        return "stat";
    }

    @Override
    public String summary() {
        return "shows live counters of every traced process of this host";
    }

    @Override
    public String help() {
        return """
                [--interval=1s] [--count=N] [--once] [--files=DIR]

                Shows the span counters and rates of every process with a span file: refreshed in place on a terminal,
                appended otherwise. Runs until interrupted, or --count times.

                  --interval=TIME  time between updates, such as 500ms, 1s, 2m; default 1s
                  --count=N        number of updates; default 0: no limit
                  --once           same as --count=1: totals without rates
                  --files=DIR      directory of the span files; default: KRAKEN_TRACER_FILE, else /dev/shm

                STATE is alive, closed (the tracer was closed) or gone (the process was killed; its span file is
                kept for recovery). STARTED, OPEN, DROPPED, SHIPPED (handed over to a backend or a queue),
                REJECTED and BUFFERED count spans; /S is the rate a second since the update before; IN USE is the share
                of records that hold spans. The lines below a process show the state of its tracer (recording, sampling
                rate, circuit breaker, and the generations of the operator's and the bridge's settings in force) and
                the reasons of dropped and rejected spans. Exit code 1: there is no span file.
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments = Arguments.parse(given, Set.of("interval", "count", "files"), Set.of("once"))
                .withoutPositional();
        final Duration interval = arguments.value("interval", INTERVAL, Duration.ofSeconds(1));
        final int asked = arguments.value("count", SettingType.wholeNumber(0, Integer.MAX_VALUE), 0);
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
            seen = host.refresh(directory);
            console.print((inPlace ? (i == 0 ? CLEAR : "") + REDRAW : "")
                    + host.table(inPlace ? console.width() : Integer.MAX_VALUE));
            console.flush();
        }
        return seen == 0 ? WRONG : OK;
    }

    /** False when this thread was interrupted. */
    private static boolean await(long deadline) {
        while (System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(deadline - System.nanoTime());
            if (Thread.currentThread().isInterrupted()) {
                return false;
            }
        }
        return true;
    }

    /** All processes, with their counters at this update and at the one before. */
    private static final class Host {

        private final Map<Path, SpanFileReader> readers = new HashMap<>();
        private Map<Path, StatTable.Sample> before = Map.of();
        private Map<Path, StatTable.Sample> now = Map.of();
        private final List<String> problems = new ArrayList<>();

        /** Reads all span files; returns how many there are. */
        int refresh(Path directory) throws IOException {
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
                    problems.add(Verdict.about(e));
                } catch (InternalError e) {
                    readers.remove(file);
                    problems.add(file + " was truncated while it was read");
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

        /** Truncates lines to the width: a wrapped line would break the refresh in place. */
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
