package io.kraken.tracer.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Benchmark of the bridge, from a queue to acknowledged requests, as an operator runs it: in a separate small JVM on
 * one processor, with the backends in another process on another processor. The queue is that of a dead service,
 * complete before the bridge starts, or of a live one.
 */
public final class BridgeLoad {

    private static final double SPANS = 6_000_000;
    private static final int LIVE_SECONDS = 10;
    /** The flags in the script that starts the bridge. */
    private static final List<String> BRIDGE_FLAGS = List.of(
            "-Xms24m",
            "-Xmn8m",
            "-Xmx128m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=128m",
            "-XX:ReservedCodeCacheSize=48m",
            "-XX:+ExitOnOutOfMemoryError");

    private static final List<String> QUEUE_FLAGS = List.of(
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED", "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

    private static final String USAGE = """
            BridgeLoad [--cases=grpc,...] [--spans=6000000] [--seconds=10] [--requests=4] [--request-bytes=1048576]
                       [--threads=n] [--bridge-flags=...] [--folder=...]
              --cases         one or more of %s
              --spans         number of spans in the queue of a dead service
              --seconds       how long a live service records
              --requests, --request-bytes, --threads
                              as in the bridge's settings
              --bridge-flags  further JVM flags of the bridge, separated by spaces
              --folder        directory of the queues; default: the directory for temporary files
            """;

    private final Options options;
    private final Path folder;
    private final Map<Integer, BridgeRun.Recorded> prepared = new HashMap<>();

    private BridgeLoad(Options options, Path folder) {
        this.options = options;
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        final Options options = new Options(args);
        if (options.has("help")) {
            System.out.printf(USAGE, String.join(", ", BridgeCase.NAMES));
        } else if (options.has("role")) {
            new BridgeRoles(options).run(options.text("role", ""));
        } else {
            final List<BridgeResult> results = runAll(options);
            System.out.println();
            System.out.println(BridgeResult.header());
            results.forEach(result -> System.out.println(result.row()));
        }
    }

    static List<BridgeResult> runAll(Options options) throws IOException {
        final Path folder = options.has("folder")
                ? Files.createTempDirectory(Path.of(options.text("folder", "")), "kraken-bridge")
                : Files.createTempDirectory("kraken-bridge");
        try {
            final BridgeLoad load = new BridgeLoad(options, folder);
            final List<BridgeResult> results = new ArrayList<>();
            System.out.println(BridgeResult.header());
            for (String name :
                    options.text("cases", String.join(",", BridgeCase.NAMES)).split(",")) {
                final BridgeResult result = load.run(name);
                System.out.println(result.row());
                results.add(result);
            }
            return results;
        } finally {
            delete(folder);
        }
    }

    private BridgeResult run(String name) throws IOException {
        final BridgeCase task = BridgeCase.of(name);
        final Path queues = Files.createDirectory(folder.resolve("queues"));
        try {
            return new BridgeRun(this, name, queues).run(task.isLive() ? null : copy(task, queues));
        } finally {
            delete(queues);
        }
    }

    /** Copies the queue prepared once, since the bridge deletes what it has shipped. */
    private BridgeRun.Recorded copy(BridgeCase task, Path queues) throws IOException {
        final Path original = folder.resolve("prepared-" + task.traces());
        if (!prepared.containsKey(task.traces())) {
            Files.createDirectory(original);
            try (Role service = start(BridgeRoles.SERVICE, task, original, "")) {
                service.answer();
                prepared.put(task.traces(), BridgeRun.Recorded.parse(service.ask()));
            }
        }
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.skip(1).toList()) {
                Files.copy(file, queues.resolve(original.relativize(file)));
            }
        }
        return prepared.get(task.traces());
    }

    Role start(String role, BridgeCase task, Path queues, String addresses) throws IOException {
        final int processors = Runtime.getRuntime().availableProcessors();
        final boolean isBridge = role.equals(BridgeRoles.BRIDGE);
        final double spans =
                task.isLive() ? task.rate() * options.number("seconds", LIVE_SECONDS) : options.number("spans", SPANS);
        final Options all = task.options(options)
                .with("role", role)
                .with("queues", queues.toString())
                .with("addresses", addresses)
                .with("spans", Long.toString((long) spans));
        final List<String> flags = new ArrayList<>(Defaults.JVM_ARGUMENTS);
        flags.addAll(QUEUE_FLAGS);
        if (isBridge) {
            flags.addAll(BRIDGE_FLAGS);
            if (options.has("bridge-flags")) {
                flags.addAll(Arrays.asList(options.text("bridge-flags", "").split(" ")));
            }
        }
        final int processor = processors < 2 ? -1 : isBridge ? processors - 1 : 0;
        return new Role(role, processor, ChildJvm.command(flags, BridgeLoad.class, all.without("bridge-flags")));
    }

    private static void delete(Path folder) throws IOException {
        final List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
