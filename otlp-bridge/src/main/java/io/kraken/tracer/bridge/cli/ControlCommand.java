package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.inspect.Verdict;
import io.kraken.tracer.bridge.settings.BridgeSettings;
import io.kraken.tracer.file.ControlFile;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.ControlWords.Author;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.Waterfall;
import io.kraken.tracer.settings.SettingType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** The command that changes, as the operator, what the tracers of this host record and sample. */
final class ControlCommand implements Command {

    private static final long TIMEOUT_NS = Duration.ofSeconds(2).toNanos();
    private static final long POLL_NS = Duration.ofMillis(5).toNanos();
    private static final List<String> ON_OR_OFF = List.of("on", "off");

    private static final SettingType<Double> PER_SECOND = SettingType.number(0, ControlWords.MAX_PER_SECOND);

    private static final Set<String> SELECTIONS = Set.of("service", "pid", "all");
    private static final Set<String> CHANGES =
            Set.of("recording", "rate", "lower-bound", "limit", "operation", "breaker", "breaker-threshold", "clear");
    private static final Set<String> KEYS = Set.of(
            "service",
            "pid",
            "files",
            "recording",
            "rate",
            "lower-bound",
            "limit",
            "operation",
            "breaker",
            "breaker-threshold");

    /** A live process. */
    private record Process(Path path, SpanFileReader reader) {

        String name() {
            return reader.pid() + " " + Waterfall.clean(reader.resource().getOrDefault("service.name", ""));
        }
    }

    @Override
    public String name() {
        return "control";
    }

    @Override
    public String summary() {
        return "shows and changes what running processes record and sample";
    }

    @Override
    public String help() {
        return """
                [--service=NAME | --pid=N | --all] [CHANGE]...

                Without a CHANGE: shows the settings in force in the tracers of live processes, and whether the
                operator or the bridge has set them. With a CHANGE: applies it to the selected processes and waits up
                to 2 s until it is in force. Settings that are not given stay unchanged. Each setting given here
                overrides that of the bridge, until the process ends.

                  --recording=on|off         whether spans are recorded at all; a program that has switched its own
                                             recording off keeps it off
                  --rate=0.1                 share of traces that is sampled, where no operation has a rate of its own
                  --operation=NAME=0.5[/2]   share of an operation's traces, and minimum of its sampled traces a
                                             second; can be repeated
                  --lower-bound=N            minimum of sampled traces a second of each operation
                  --limit=N                  maximum of sampled traces a second of the process; 0: no limit
                  --breaker=on|off           whether the circuit breaker is enabled
                  --breaker-threshold=0.9    load at which it opens, above 0 and up to 1
                  --clear                    removes all settings that this command made before
                  --files=DIR                directory of the span files; default: KRAKEN_TRACER_FILE, else /dev/shm

                The number after 'operator' and 'bridge' counts their changes. Exit code 1: no process is selected, or
                a change is not in force yet.
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments =
                Arguments.parse(given, KEYS, Set.of("all", "clear")).withoutPositional();
        final boolean changes = CHANGES.stream().anyMatch(arguments::has);
        final long selections = SELECTIONS.stream().filter(arguments::has).count();
        if (selections > 1 || changes && selections == 0) {
            throw new UsageException("exactly one of --service, --pid and --all is required");
        }
        final ControlWords words = words(arguments);
        final List<Process> processes = processes(arguments, console);
        if (processes.isEmpty()) {
            console.note(KrakenTrace.NAME + " control: no live process with a span file matches");
            return WRONG;
        }
        final int exit = changes ? apply(processes, words, arguments.has("clear"), console) : OK;
        for (Process process : processes) {
            console.line(process.name() + ": " + ControlText.line(process.reader));
            console.print(ControlText.words(process.reader));
        }
        return exit;
    }

    private static ControlWords words(Arguments arguments) throws UsageException {
        try {
            ControlWords words = ControlWords.EMPTY
                    .withRecording(onOrOff("recording", arguments))
                    .withRate(arguments.value("rate", SettingType.SHARE, null))
                    .withLowerBound(arguments.value("lower-bound", PER_SECOND, null))
                    .withLimit(arguments.value("limit", PER_SECOND, null))
                    .withBreaker(
                            onOrOff("breaker", arguments),
                            arguments.value("breaker-threshold", BridgeSettings.LOAD, null));
            for (String operation : arguments.all("operation")) {
                final int equals = operation.lastIndexOf('=');
                if (equals <= 0) {
                    throw new UsageException("--operation is '" + operation + "' but must be NAME=0.5 or NAME=0.5/2");
                }
                words = words.withOperation(operation.substring(0, equals), rate(operation.substring(equals + 1)));
            }
            return words;
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
    }

    private static ControlWords.Rate rate(String text) throws UsageException {
        final int slash = text.indexOf('/');
        final String share = slash < 0 ? text : text.substring(0, slash);
        return new ControlWords.Rate(
                Arguments.parse("the share of an operation", share, SettingType.SHARE),
                slash < 0
                        ? 0
                        : Arguments.parse("the lower bound of an operation", text.substring(slash + 1), PER_SECOND));
    }

    private static Boolean onOrOff(String key, Arguments arguments) throws UsageException {
        return arguments.has(key) ? arguments.choice(key, ON_OR_OFF).equals("on") : null;
    }

    private static List<Process> processes(Arguments arguments, Console console) throws IOException, UsageException {
        final int pid = arguments.value("pid", SettingType.wholeNumber(1, Integer.MAX_VALUE), 0);
        final String service = arguments.text("service", null);
        final List<Process> processes = new ArrayList<>();
        for (Path file : DataPaths.spanFiles(arguments.path("files"))) {
            try {
                final SpanFileReader reader = SpanFileReader.open(file);
                final boolean selected = (pid == 0 || reader.pid() == pid)
                        && (service == null || service.equals(reader.resource().get("service.name")));
                if (selected && !reader.isClosed() && reader.isAlive()) {
                    processes.add(new Process(file, reader));
                }
            } catch (IOException e) {
                console.note(Waterfall.clean(Verdict.about(e)));
            }
        }
        return processes;
    }

    private static int apply(List<Process> processes, ControlWords words, boolean clear, Console console)
            throws UsageException {
        int exit = OK;
        for (Process process : processes) {
            try {
                ControlFile.open(process.path)
                        .update(
                                Author.OPERATOR,
                                before -> ControlWords.merge(words, clear ? ControlWords.EMPTY : before));
            } catch (IllegalArgumentException e) {
                throw new UsageException(e.getMessage());
            } catch (IOException e) {
                console.note(KrakenTrace.NAME + " control: " + Waterfall.clean(Verdict.about(e)));
                exit = TROUBLE;
            }
        }
        final long deadline = System.nanoTime() + TIMEOUT_NS;
        for (Process process : processes) {
            if (!isInForce(process, deadline)) {
                console.note(KrakenTrace.NAME + " control: " + process.name()
                        + ": the change is written but not in force yet; it may be busy or stopped");
                exit = Math.max(exit, WRONG);
            }
        }
        return exit;
    }

    private static boolean isInForce(Process process, long deadline) {
        final SpanFileReader reader = process.reader;
        while (reader.appliedGeneration(Author.OPERATOR) != reader.controlGeneration(Author.OPERATOR)) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return true;
    }
}
