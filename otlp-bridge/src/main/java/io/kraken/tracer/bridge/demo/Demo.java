package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/**
 * Runs a small Kraken under load, traced, and reports. Exit code 0 means: every span that was started has arrived.
 * The settings are system properties: {@code endpoint} (a collector of one's own), {@code seconds}, {@code rate}
 * (downloads a second) and {@code direct}.
 */
public final class Demo {

    /** 20,000 blobs in 30 s. */
    static final int RATE_DEFAULT = 667;

    private static final int SECONDS_DEFAULT = 10;

    private Demo() {}

    /** @param endpoint a collector's address, without the path of OTLP; empty for the demo's own receiver */
    record Options(String endpoint, boolean direct, int seconds, int rate) {

        /** @throws IllegalArgumentException when a setting is wrong; the message says which */
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
                // Said below.
            }
            throw new IllegalArgumentException(name + " is '" + text + "' and should be a number from 1 to " + most);
        }
    }

    /** How it ended. The receiver is null when the spans went to somebody else's. */
    record Outcome(Map<String, Ledger> ledgers, Receiver receiver) {

        Totals totals() {
            return Totals.of(ledgers.values());
        }

        int exitCode() {
            final Totals totals = totals();
            final boolean allReceived = receiver == null || receiver.spans() == totals.shipped();
            return totals.isComplete() && allReceived ? 0 : 1;
        }
    }

    public static void main(String[] args) throws IOException {
        try {
            System.exit(run(System.out));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /**
     * As the system properties say; returns the exit code.
     *
     * @throws IllegalArgumentException when one of them is wrong; the message says which
     */
    public static int run(PrintStream out) throws IOException {
        return run(Options.fromProperties(), out).exitCode();
    }

    static Outcome run(Options options, PrintStream out) throws IOException {
        final Receiver receiver = options.endpoint.isEmpty() ? new Receiver() : null;
        final String collector = receiver == null ? options.endpoint : receiver.endpoint();
        final Cluster cluster = new Cluster(collector);
        final Report report = new Report(out);
        report.begin(options, collector, cluster);
        final Load load = new Load(cluster, out, receiver == null ? () -> -1 : receiver::spans, responseNs -> {});
        out.printf(
                Locale.ROOT,
                "warm-up: %,d downloads from eight clients%n",
                load.warmUp(options.rate * options.seconds / 4));
        load.run(options.rate, options.seconds);
        final Outcome outcome = new Outcome(cluster.close(), receiver);
        report.load(load, options.rate);
        report.traces(outcome, cluster.agent().lastTrace());
        report.cost(new Calibration().run(), cluster.agent());
        report.end(outcome, load.spansPerSecond());
        if (receiver != null) {
            receiver.close();
        }
        return outcome;
    }
}
