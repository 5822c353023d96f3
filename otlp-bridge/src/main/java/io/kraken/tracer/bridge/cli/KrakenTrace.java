package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.inspect.Verdict;
import io.kraken.tracer.ring.view.Waterfall;
import io.kraken.tracer.settings.NearestName;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** The entry point of the command line: selects the command, runs it, and reports errors in one or two lines. */
public final class KrakenTrace {

    static final String NAME = "kraken-trace";

    private static final List<Command> COMMANDS = List.of(
            new BridgeCommand(),
            new EchoCommand(),
            new DumpCommand(),
            new TraceCommand(),
            new StatCommand(),
            new ControlCommand(),
            new VerifyCommand());

    private static final Set<String> HELP = Set.of("--help", "-h", "help");
    private static final Set<String> VERSION = Set.of("--version", "-V", "version");
    private static final String EXIT_CODES = """

            Exit codes: 0 success; 1 a check failed, or nothing matched; 2 invalid command line; 3 a file or the
            environment cannot be used.
            """;

    private KrakenTrace() {}

    public static void main(String[] args) {
        final PrintStream out =
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        final int exit = run(List.of(args), out, System.err);
        out.flush();
        System.exit(exit);
    }

    /** Returns the exit code. */
    static int run(List<String> arguments, PrintStream out, PrintStream err) {
        return run(arguments, Console.of(out, err));
    }

    static int run(List<String> arguments, Console console) {
        try {
            final int exit = dispatch(arguments, console);
            console.flush();
            return exit;
        } catch (Console.Gone e) {
            return Command.OK;
        }
    }

    private static int dispatch(List<String> arguments, Console console) {
        final String name = arguments.isEmpty() ? "" : arguments.get(0);
        final List<String> rest = arguments.isEmpty() ? List.of() : arguments.subList(1, arguments.size());
        if (VERSION.contains(name)) {
            console.line(version());
            return Command.OK;
        }
        if (HELP.contains(name) && (rest.isEmpty() || name.startsWith("-"))) {
            console.print(overview());
            return Command.OK;
        }
        final boolean asksForHelp = HELP.contains(name);
        final String wanted = asksForHelp ? rest.get(0) : name;
        for (Command command : COMMANDS) {
            if (command.name().equals(wanted)) {
                return asksForHelp || isHelp(rest) ? help(command, console) : run(command, rest, console);
            }
        }
        final List<String> names = COMMANDS.stream().map(Command::name).toList();
        console.note(NAME + ": "
                + (wanted.isEmpty() ? "no command given" : "unknown command '" + Waterfall.clean(wanted) + "'")
                + NearestName.of(wanted, names)
                        .map(near -> "; did you mean " + near + "?")
                        .orElse(""));
        console.note("Commands: " + String.join(", ", names) + ". See " + NAME + " --help");
        return Command.USAGE;
    }

    /** Looks before {@code --} only: everything after it is a plain argument. */
    private static boolean isHelp(List<String> arguments) {
        final int end = arguments.indexOf("--");
        final List<String> options = end < 0 ? arguments : arguments.subList(0, end);
        return options.contains("--help") || options.contains("-h");
    }

    private static int run(Command command, List<String> arguments, Console console) {
        final String prefix = NAME + " " + command.name() + ": ";
        try {
            return command.run(arguments, console);
        } catch (UsageException e) {
            console.note(prefix + Waterfall.clean(e.getMessage()));
            console.note("See " + NAME + " " + command.name() + " --help");
            return Command.USAGE;
        } catch (IOException e) {
            console.note(prefix + Waterfall.clean(Verdict.about(e)));
            return Command.TROUBLE;
        } catch (InternalError e) {
            console.note(prefix + "a file was truncated while it was read: " + Waterfall.clean(String.valueOf(e)));
            return Command.TROUBLE;
        } catch (OutOfMemoryError e) {
            console.note(prefix + "out of memory (" + Waterfall.clean(String.valueOf(e.getMessage()))
                    + "); give the JVM more memory with KRAKEN_TRACE_OPTS");
            return Command.TROUBLE;
        } catch (Console.Gone e) {
            throw e;
        } catch (RuntimeException e) {
            final StackTraceElement[] trace = e.getStackTrace();
            console.note(prefix + "internal error, please report it: "
                    + Waterfall.clean(e + (trace.length == 0 ? "" : " at " + trace[0])));
            return Command.TROUBLE;
        }
    }

    private static String version() {
        final String version = KrakenTrace.class.getPackage().getImplementationVersion();
        return NAME + " " + (version == null ? "development" : version) + " (Java " + Runtime.version() + ")";
    }

    private static String overview() {
        final StringBuilder text = new StringBuilder("Usage: " + NAME + " COMMAND [ARGUMENT]...\n\n");
        text.append("Shows, checks and controls what the traced processes of this host record.\n\n");
        for (Command command : COMMANDS) {
            text.append("  ").append(command.name());
            text.append(" ".repeat(10 - command.name().length())).append(command.summary());
            text.append('\n');
        }
        text.append("\n  ").append(NAME).append(" COMMAND --help   help for one command\n");
        text.append("  ").append(NAME).append(" --version        version of this program\n\n");
        text.append("""
                Environment: KRAKEN_TRACER_QUEUE_DIR, root directory of the queues; KRAKEN_TRACER_FILE, directory of
                the span files; JAVA_HOME; KRAKEN_TRACE_OPTS, additional options for the JVM.
                """);
        return text.append(EXIT_CODES).toString();
    }

    private static int help(Command command, Console console) {
        console.print("Usage: " + NAME + " " + command.name() + " " + command.help() + EXIT_CODES);
        return Command.OK;
    }
}
