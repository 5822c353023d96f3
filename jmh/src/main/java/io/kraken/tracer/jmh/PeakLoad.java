package io.kraken.tracer.jmh;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Benchmark of the peak load, in an open loop: Kraken's download trace at a rate that does not wait for the tracer, on
 * this tracer and on the OpenTelemetry SDK, with the empty loop before each.
 */
public final class PeakLoad {

    static final double SECONDS = 10;
    static final double WARMUP_SECONDS = 5;

    private static final double RATE = 1_000_000;
    private static final String[] SYSTEMS = {"kraken", "opentelemetry"};
    private static final String USAGE = """
            PeakLoad [--rate=1000000] [--sweep] [--seconds=10] [--warmup=5] [--threads=1] [--clock=auto|tsc|nanotime]
                     [--systems=kraken,opentelemetry]
              --rate     spans a second, all threads together
              --sweep    also a quarter, a half and twice that rate
            """;

    private PeakLoad() {}

    public static void main(String[] args) throws Exception {
        final Options options = new Options(args);
        if (options.has("help")) {
            System.out.print(USAGE);
        } else if (options.has("system")) {
            new PeakRun(options).run();
        } else {
            final List<PeakResult> results = runAll(options);
            System.out.println();
            System.out.println(PeakResult.header());
            for (PeakResult result : results) {
                System.out.println(result.rows());
            }
            for (PeakResult result : results) {
                if (!result.system().equals(PeakResult.FLOOR)) {
                    System.out.println(result.costs());
                }
            }
        }
    }

    static double[] rates(Options options) {
        final double rate = options.number("rate", RATE);
        return options.has("sweep") ? new double[] {rate / 4, rate / 2, rate, rate * 2} : new double[] {rate};
    }

    static List<PeakResult> runAll(Options options) throws IOException, InterruptedException {
        final List<PeakResult> results = new ArrayList<>();
        for (String system : options.text("systems", String.join(",", SYSTEMS)).split(",")) {
            results.addAll(runOne(options, system));
        }
        return results;
    }

    private static List<PeakResult> runOne(Options options, String system) throws IOException, InterruptedException {
        final Path out = Files.createTempFile("kraken-peak", ".bin");
        try {
            final List<String> arguments = options.without("systems");
            arguments.addAll(List.of("--system=" + system, "--out=" + out));
            final List<String> command = ChildJvm.command(PeakLoad.class, arguments);
            final int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (exit != 0) {
                throw new IOException("the load on " + system + " ended with exit code " + exit);
            }
            try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(out))) {
                return Arrays.asList((PeakResult[]) in.readObject());
            } catch (ClassNotFoundException e) {
                throw new IOException(e);
            }
        } finally {
            Files.deleteIfExists(out);
        }
    }
}
