package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The demo: a small traced Kraken under load, and a report. Exit code 0 means that every span that was started has
 * arrived. The settings are system properties: {@code endpoint} (an external collector), {@code seconds}, {@code rate}
 * (downloads a second) and {@code direct} (all services in one process, without queues).
 */
public final class Demo {

    /** 20,000 blobs in 30 s. */
    static final int RATE_DEFAULT = 667;

    private static final int SECONDS_DEFAULT = 10;

    private Demo() {}

    /** @param endpoint URL of a collector without the OTLP path; empty: the demo's own receiver */
    record Options(String endpoint, boolean direct, int seconds, int rate) {

        /** @throws IllegalArgumentException when a setting is invalid; the message names it */
        static Options fromProperties() {
            final String direct = System.getProperty("direct", "");
            return new Options(
                    System.getProperty("endpoint", "").strip(),
                    !direct.isEmpty() && !direct.equalsIgnoreCase("false"),
                    number("seconds", SECONDS_DEFAULT, 3600),
                    number("rate", RATE_DEFAULT, 100_000));
        }

        private static int number(String name, int byDefault, int most) {
            final String text = System.getProperty(name, "").strip();
            try {
                final int value = text.isEmpty() ? byDefault : Integer.parseInt(text);
                if (value >= 1 && value <= most) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Reported below.
            }
            throw new IllegalArgumentException(name + " is '" + text + "' but must be a number from 1 to " + most);
        }
    }

    /** The result of a run. */
    record Outcome(Map<String, Ledger> ledgers, Stage.Ending ending) {

        Totals totals() {
            return Totals.of(ledgers.values());
        }

        /** Null when the spans went to an external collector. */
        Received received() {
            return ending.received();
        }

        int exitCode() {
            final Totals totals = totals();
            final boolean allReceived = received() == null || received().spans() == totals.shipped();
            return totals.isComplete() && allReceived && ending.isWell() ? 0 : 1;
        }
    }

    public static void main(String[] args) throws IOException {
        final PrintStream out =
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        try {
            System.exit(run(Options.fromProperties(), out).exitCode());
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    static Outcome run(Options options, PrintStream out) throws IOException {
        try (Stage stage = options.direct ? new DirectStage(options.endpoint) : new QueueStage(options.endpoint, out)) {
            final Cluster cluster = stage.cluster();
            final DemoReport report = new DemoReport(out);
            report.begin(options, stage);
            final LoadGenerator load = new LoadGenerator(cluster, out, stage.received(), responseNs -> {});
            out.printf(
                    Locale.ROOT,
                    "warm-up: %,d downloads from eight clients%n",
                    load.warmUp(options.rate * options.seconds / 4));
            cluster.restartSpanCost();
            stage.disturb(options.seconds);
            load.run(options.rate, options.seconds);
            final String lastTrace = cluster.lastTrace();
            final List<String> costs = cluster.spanCost();
            final Map<String, Ledger> ledgers = cluster.close();
            final Outcome outcome = new Outcome(ledgers, stage.end());
            report.load(load, options.rate);
            report.traces(outcome, lastTrace);
            report.cost(new Calibration().run(), costs);
            report.end(outcome, load.spansPerSecond());
            return outcome;
        }
    }
}
