package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.DeadFiles;
import io.kraken.tracer.file.Left;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.sampling.Deciding;
import io.kraken.tracer.text.StringBytes;
import io.kraken.tracer.text.StringBytesTest;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Another process, for tests of killed processes and of processes that do not share our locks. */
public final class Child {

    private static final int RECORDS = 128;
    private static final CapturingSink SINK = new CapturingSink();

    private Child() {}

    /** Runs this class in another JVM and returns its output; {@code prefix} comes before the command. */
    public static String run(List<String> prefix, List<String> options, String... arguments) {
        final List<String> command = command(prefix, options, arguments);
        try {
            final Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("still running: " + command);
            }
            return output;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The same, to be started by the caller. */
    public static List<String> command(List<String> prefix, List<String> options, String... arguments) {
        final List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        command.addAll(List.of("-cp", place(Tracer.class) + File.pathSeparator + place(Child.class)));
        command.add(Child.class.getName());
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    static String place(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    public static void main(String[] arguments) throws IOException {
        final PrintStream out = System.out; // allow:console what the test reads
        switch (arguments[0]) {
            case "alive" -> out.println(SpanFile.isAlive(Path.of(arguments[1])));
            case "clean" -> clean(arguments, out);
            case "clock" -> {
                final Tracer tracer = start("none", arguments[1]);
                tracer.start("span", SpanKind.SERVER).end();
                out.print(tracer.describe());
                out.println("a span's time: " + (isNow(tracer) ? "right" : "wrong"));
            }
            case "strings" -> {
                StringBytesTest.check();
                out.print(StringBytes.describe());
            }
            case "memory" -> {
                final Memory memory = Memory.of(ByteBuffer.allocateDirect(64).order(ByteOrder.LITTLE_ENDIAN));
                memory.putLong(memory.address(8), 1);
                memory.putBytes(memory.address(16), new byte[16], 0, 16);
                memory.getAndAddLong(memory.address(8), 1);
                out.println(Memory.kind() + "|" + Memory.describe());
            }
            case "http" -> out.println(HttpAlone.call(start("none", "nanotime")));
            case "die" -> die(arguments, out);
            case "live" -> live(arguments[1], out);
            case "alone" -> alone(out);
            case "decide" -> out.println(Deciding.of(arguments[1], arguments[2]));
            case "places" -> {
                for (String places : Arrays.copyOfRange(arguments, 1, arguments.length)) {
                    final TracerConfig config =
                            new TracerConfig().with(TracerConfig.CONTEXT_PLACES, Integer.valueOf(places));
                    Tracer.create(config.with(TracerConfig.ENABLED, false));
                    out.println(TraceBaggagePool.process().size() + " " + config.warnings());
                }
            }
            case "yaml" -> {
                final TracerConfig config = new TracerConfig().with(TracerConfig.CONFIG, arguments[1]);
                config.with(TracerConfig.FILE, TracerConfig.NO_FILE);
                out.println(Tracer.create(config, SINK).isEnabled() + " " + config.warnings());
            }
            case "exit" -> start(arguments[1], TracerConfig.AUTO).start("left open", SpanKind.SERVER);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** Deletes the dead files of a directory; then prints whether a file is alive, with a sign of life a day old. */
    private static void clean(String[] arguments, PrintStream out) throws IOException {
        out.println(DeadFiles.delete(Path.of(arguments[1]), 0).deleted());
        if (arguments.length > 2) {
            out.println(Left.isAliveAfter(TimeUnit.DAYS.toMillis(1), Path.of(arguments[2])));
        }
    }

    /** With an open span, or without one if there is an argument after directory and records. */
    private static void die(String[] arguments, PrintStream out) {
        final int records = arguments.length > 2 ? Integer.parseInt(arguments[2]) : RECORDS;
        final Tracer tracer = start(arguments[1], TracerConfig.AUTO, records);
        if (arguments.length < 4) {
            tracer.start("left open", SpanKind.SERVER);
        }
        out.print(tracer.describe());
        out.flush();
        Runtime.getRuntime().halt(0);
    }

    /** Runs until it is killed. */
    private static void live(String directory, PrintStream out) throws IOException {
        final Path file = start(directory, TracerConfig.AUTO).file().path();
        if (!SpanFile.isAlive(file)) {
            throw new IllegalStateException("it looks dead to its own process");
        }
        out.println(file);
        out.flush();
        System.in.read();
    }

    /** Uses this jar without any other; then tries what needs another one. */
    private static void alone(PrintStream out) {
        final Tracer tracer = start("none", "nanotime");
        final Map<String, String> headers = new HashMap<>();
        try (Span span = tracer.start("span", SpanKind.SERVER)) {
            tracer.propagation().inject(span, headers, HeaderSetter.ofMap());
            TracedTasks.runnable(
                            tracer,
                            () -> tracer.start("work", SpanKind.INTERNAL).end())
                    .run();
            out.println(headers.keySet() + " " + (Tracer.currentContextOfAny() == span));
        }
        out.println(SINK.accepted() + " spans");
        for (String name : List.of(
                "messaging.ProducerSpans$Sent",
                "rpc.ClientSpans",
                "logs.Log4jSpans",
                "logs.LogbackSpans",
                "metrics.TracerMetrics")) {
            try {
                Class.forName("io.kraken.tracer." + name);
                out.println(name + " could be loaded");
            } catch (ClassNotFoundException | LinkageError e) {
                out.println(name + " " + e.getClass().getSimpleName());
            }
        }
    }

    /** Precise to a minute: a clock with a wrong rate or origin differs more. */
    private static boolean isNow(Tracer tracer) {
        final Anchors anchors =
                new Anchors(tracer.file().buffer(), tracer.file().layout().anchorsOffset());
        anchors.load(RecordLayout.anchor(SINK.last().bytes(), 0));
        final long epochNs = anchors.toEpochNs(RecordLayout.endTicks(SINK.last().bytes(), 0));
        return Math.abs(System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(epochNs)) < 60_000;
    }

    private static Tracer start(String file, String clock) {
        return start(file, clock, RECORDS);
    }

    private static Tracer start(String file, String clock, int records) {
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.FILE, file)
                .with(TracerConfig.CLOCK, clock)
                .with(TracerConfig.RECORDS, records);
        return Tracer.create(config, SINK);
    }
}
