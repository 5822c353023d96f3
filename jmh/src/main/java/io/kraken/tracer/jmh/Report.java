package io.kraken.tracer.jmh;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs the whole suite on this JDK and writes the results as JSON and as a page with charts. */
public final class Report {

    private static final String USAGE = """
            Report [--short|--full] [--only=regex] [--out=directory] [--forks=n] [--iterations=n] [--millis=n]
                   [--no-service] [--no-peak] [--no-demo] [--no-bridge]
                   [--service-rates=, --service-shapes=, --service-rounds=, --service-seconds=,
                    --service-warmup=: see ServiceLoad]
                   [--demo-rate=, --demo-rounds=, --demo-seconds=, --demo-warmup=: see DemoLoad]
                   and all options of PeakLoad
              --short    one fork, few parameters: takes some minutes (default)
              --full     five forks, all parameters, the sweep of rates: takes hours, gives figures that can be quoted
              --only     groups whose names match: service, surge, floor, spans, peers, shapes, cold, strings, threads,
                         virtual threads, encoding, delivery, peak, demo, bridge
            """;

    private static final String[] OWN_OPTIONS = {
        "short", "full", "only", "out", "forks", "iterations", "millis", "no-service", "no-peak", "no-demo", "no-bridge"
    };
    private static final String DEMO = "demo-";
    private static final String[] DEMO_OPTIONS = {"rate", "rounds", "seconds", "warmup"};
    private static final String SERVICE = "service-";
    private static final String[] SERVICE_OPTIONS = {"rates", "shapes", "rounds", "seconds", "warmup"};

    private final Options options;
    private final boolean full;
    private final Path deliveries;
    private int parts;
    private int begun;

    private Report(Options options) throws IOException {
        this.options = options;
        this.full = options.has("full");
        this.deliveries = Files.createTempFile("kraken-jmh", ".tsv");
    }

    public static void main(String[] args) throws Exception {
        final Options options = new Options(args);
        if (options.has("help")) {
            System.out.print(USAGE);
            return;
        }
        final Report report = new Report(options);
        try {
            report.run();
        } finally {
            Files.deleteIfExists(report.deliveries);
        }
    }

    private void run() throws IOException, InterruptedException, RunnerException {
        final List<Plan> plans = new ArrayList<>(Plan.of(full));
        plans.removeIf(plan -> !isWanted(plan.title()));
        final boolean service = isWanted("service") && !options.has("no-service");
        final boolean surge = isWanted("surge") && !options.has("no-service");
        final boolean peak = isWanted("peak") && !options.has("no-peak");
        final boolean demo = isWanted("demo") && !options.has("no-demo");
        final boolean bridge = isWanted("bridge") && !options.has("no-bridge");
        parts = plans.size();
        for (boolean wanted : new boolean[] {service, surge, peak, demo, bridge}) {
            parts += wanted ? 1 : 0;
        }
        ServiceResult serviceResult = null;
        if (service) {
            begin("a service");
            serviceResult = ServiceLoad.run(serviceOptions());
        }
        SurgeResult surgeResult = null;
        if (surge) {
            begin("surges");
            surgeResult = ServiceLoad.surge(full ? new Options("--rounds=10") : new Options());
        }
        final List<Measured> figures = new ArrayList<>();
        for (Plan plan : plans) {
            begin(plan.title());
            for (int threads : plan.threads()) {
                figures.addAll(run(plan, threads));
            }
        }
        List<PeakResult> peaks = List.of();
        if (peak) {
            begin("peak load");
            peaks = PeakLoad.runAll(peakOptions());
        }
        DemoResult demoResult = null;
        if (demo) {
            begin("the demo's workload");
            demoResult = DemoLoad.run(demoOptions());
        }
        List<BridgeResult> bridges = List.of();
        if (bridge) {
            begin("the bridge");
            bridges = BridgeLoad.runAll(full ? new Options("--spans=20000000", "--seconds=60") : new Options());
        }
        write(new Results(
                Machine.here(),
                full ? "full" : "short",
                serviceResult,
                surgeResult,
                new Figures(figures),
                peaks,
                demoResult,
                bridges));
    }

    private void begin(String part) {
        System.out.printf("[%d/%d] %s%n", ++begun, parts, part);
    }

    private boolean isWanted(String group) {
        return group.matches(options.text("only", ".*"));
    }

    private Options peakOptions() {
        Options chosen = options;
        for (String name : OWN_OPTIONS) {
            chosen = new Options(chosen.without(name).toArray(new String[0]));
        }
        return full ? chosen.with("sweep", "") : chosen;
    }

    private Options demoOptions() {
        return chosen(
                DEMO, DEMO_OPTIONS, full ? new Options("--rounds=20", "--seconds=10", "--warmup=30") : new Options());
    }

    private Options serviceOptions() {
        return chosen(
                SERVICE,
                SERVICE_OPTIONS,
                full
                        ? new Options("--rounds=10", "--seconds=10", "--warmup=20")
                        : new Options("--rates=1500", "--rounds=3", "--seconds=3"));
    }

    /** The options of another program that are given with a prefix; they override the defaults. */
    private Options chosen(String prefix, String[] names, Options byDefault) {
        Options chosen = byDefault;
        for (String name : names) {
            if (options.has(prefix + name)) {
                chosen = chosen.with(name, options.text(prefix + name, ""));
            }
        }
        return chosen;
    }

    private List<Measured> run(Plan plan, int threads) throws RunnerException, IOException {
        final int iterations = (int) options.number("iterations", full ? 5 : 3);
        final TimeValue time = TimeValue.milliseconds((long) options.number("millis", full ? 1000 : 500));
        final List<String> jvm = new ArrayList<>(Defaults.JVM_ARGUMENTS);
        jvm.add("-D" + Delivery.FILE_PROP + '=' + deliveries);
        final ChainedOptionsBuilder builder = new OptionsBuilder()
                .include(plan.include())
                .threads(threads)
                .forks((int) options.number("forks", full ? 5 : 1))
                .warmupIterations(iterations)
                .warmupTime(time)
                .measurementIterations(iterations)
                .measurementTime(time)
                .timeUnit(TimeUnit.NANOSECONDS)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .jvmArgsAppend(jvm.toArray(new String[0]));
        plan.params().forEach(builder::param);
        final Progress progress = new Progress();
        try {
            final List<RunResult> results = new ArrayList<>(new Runner(builder.build(), progress).run());
            final Map<String, Delivery> delivered = delivered();
            final List<Measured> figures = new ArrayList<>();
            for (RunResult result : results) {
                figures.add(Measured.of(result, delivered));
            }
            return figures;
        } catch (RunnerException e) {
            System.err.println(progress.output());
            throw e;
        }
    }

    /** By trial; the forks of a trial are added up. */
    private Map<String, Delivery> delivered() throws IOException {
        final Map<String, Delivery> found = new HashMap<>();
        for (String line : Files.readAllLines(deliveries)) {
            final String[] parts = line.split("\t");
            found.merge(
                    parts[0],
                    new Delivery(Long.parseLong(parts[1]), Long.parseLong(parts[2])),
                    (one, other) -> new Delivery(one.delivered() + other.delivered(), one.dropped() + other.dropped()));
        }
        return found;
    }

    private void write(Results results) throws IOException {
        final Path byDefault = Files.isDirectory(Path.of("jmh")) ? Path.of("jmh", "results") : Path.of("results");
        final Path folder = options.has("out") ? Path.of(options.text("out", "")) : byDefault;
        Files.createDirectories(folder);
        final String suffix = "-jdk-" + Runtime.version().feature();
        final List<String> pictures = new ArrayList<>();
        for (Map.Entry<String, String> picture : Charts.of(results).entrySet()) {
            final String name = picture.getKey() + suffix + ".svg";
            Files.writeString(folder.resolve(name), picture.getValue());
            pictures.add(name);
        }
        Files.writeString(folder.resolve("results" + suffix + ".json"), Json.of(results));
        final Path page = folder.resolve("results" + suffix + ".md");
        Files.writeString(page, Page.of(results, pictures));
        writeIndex(folder);
        System.out.println("The results are in " + page);
    }

    /** Writes the index page: the first charts of each JDK measured here. */
    private static void writeIndex(Path folder) throws IOException {
        final TreeSet<String> pages = new TreeSet<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "results-jdk-*.md")) {
            found.forEach(page -> pages.add(page.getFileName().toString()));
        }
        final StringBuilder index = new StringBuilder("# Results\n\n");
        index.append("Written by the [report](../README.md), one page for each JDK.\n");
        for (String page : pages) {
            final String jdk = page.substring("results-jdk-".length(), page.length() - ".md".length());
            index.append("\n## [JDK ").append(jdk).append("](").append(page).append(")\n");
            for (String picture : new String[] {"service", "spans", "call", "demo"}) {
                final String name = picture + "-jdk-" + jdk + ".svg";
                if (Files.exists(folder.resolve(name))) {
                    index.append("\n[![")
                            .append(name)
                            .append("](")
                            .append(name)
                            .append(")](")
                            .append(page)
                            .append(")\n");
                }
            }
        }
        Files.writeString(folder.resolve("README.md"), index);
    }
}
