package io.kraken.tracer.jmh;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.format.OutputFormat;

/** A line of output for each trial. The output of JMH and its forks is kept in case of an error. */
final class Progress implements OutputFormat {

    private static final int KEPT = 20_000;

    private final StringBuilder output = new StringBuilder();

    /** The end of the output. */
    String output() {
        return output.toString();
    }

    private void keep(String text) {
        output.append(text);
        if (output.length() > 2 * KEPT) {
            output.delete(0, output.length() - KEPT);
        }
    }

    @Override
    public void startBenchmark(BenchmarkParams trial) {}

    @Override
    public void endBenchmark(BenchmarkResult result) {
        if (result != null) {
            System.out.printf(
                    Locale.ROOT,
                    "  %-78s %,12.1f %s%n",
                    Delivery.key(result.getParams()).replace(Progress.class.getPackageName() + '.', ""),
                    result.getPrimaryResult().getScore(),
                    result.getPrimaryResult().getScoreUnit());
        }
    }

    @Override
    public void iteration(BenchmarkParams trial, IterationParams params, int iteration) {}

    @Override
    public void iterationResult(BenchmarkParams trial, IterationParams params, int iteration, IterationResult result) {}

    @Override
    public void startRun() {}

    @Override
    public void endRun(Collection<RunResult> results) {}

    @Override
    public void print(String text) {
        keep(text);
    }

    @Override
    public void println(String text) {
        keep(text + '\n');
    }

    @Override
    public void verbosePrintln(String text) {
        keep(text + '\n');
    }

    @Override
    public void write(int b) {
        keep(String.valueOf((char) b));
    }

    @Override
    public void write(byte[] text) {
        keep(new String(text, StandardCharsets.UTF_8));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
