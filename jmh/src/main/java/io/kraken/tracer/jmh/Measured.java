package io.kraken.tracer.jmh;

import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * One figure of a run.
 *
 * @param benchmark class and method
 * @param score median of all iterations of all forks, since a mean would include the disturbance by other users of the
 * machine
 * @param error half of the interquartile range of the iterations; NaN with too few iterations
 * @param bytes bytes allocated for each operation by all threads of the process, exporters included; NaN when unknown
 * @param delivery null for benchmarks without spans
 */
record Measured(
        String benchmark,
        Map<String, String> params,
        int threads,
        double score,
        double error,
        String unit,
        double bytes,
        Delivery delivery) {

    private static final String ALLOCATED = "gc.alloc.rate.norm";

    static Measured of(RunResult run, Map<String, Delivery> deliveries) {
        final BenchmarkParams trial = run.getParams();
        final Map<String, String> params = new TreeMap<>();
        for (String name : trial.getParamsKeys()) {
            params.put(name, trial.getParam(name));
        }
        double bytes = Double.NaN;
        for (Map.Entry<String, Result> second : run.getSecondaryResults().entrySet()) {
            bytes = second.getKey().endsWith(ALLOCATED) ? second.getValue().getScore() : bytes;
        }
        final double[] scores = run.getBenchmarkResults().stream()
                .flatMap(fork -> fork.getIterationResults().stream())
                .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                .sorted()
                .toArray();
        return new Measured(
                shortName(trial.getBenchmark()),
                params,
                trial.getThreads(),
                quantile(scores, 0.5),
                scores.length < 4 ? Double.NaN : (quantile(scores, 0.75) - quantile(scores, 0.25)) / 2,
                run.getPrimaryResult().getScoreUnit(),
                bytes,
                deliveries.get(Delivery.key(trial)));
    }

    /** Quantile of sorted values, interpolated between the two nearest. */
    static double quantile(double[] sorted, double part) {
        final double at = part * (sorted.length - 1);
        final int below = (int) at;
        final int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    static String shortName(String benchmark) {
        final int method = benchmark.lastIndexOf('.');
        return benchmark.substring(benchmark.lastIndexOf('.', method - 1) + 1);
    }

    /** Whether the name and all given parameters match. */
    boolean is(String name, String... namesAndValues) {
        boolean matches = benchmark.equals(name);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            matches &= namesAndValues[i + 1].equals(params.get(namesAndValues[i]));
        }
        return matches;
    }
}
