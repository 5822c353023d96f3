package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The benchmarks that the report runs, by group: related ones run together.
 *
 * @param threads numbers of threads to run it on, one after the other
 */
record Plan(String title, String include, Map<String, String[]> params, List<Integer> threads) {

    static final String PACED = "300";
    static final String SATURATED = "0";

    private static final String[] BOTH = {SATURATED, PACED};
    private static final int FIRST_WITH_VIRTUAL_THREADS = 21;

    Plan(String title, String include, Map<String, String[]> params) {
        this(title, include, params, List.of(1));
    }

    static List<Plan> of(boolean full) {
        final String[] clocks = full ? new String[] {"auto", "nanotime"} : new String[] {"auto"};
        final String[] lengths = full ? new String[] {"8", "64", "256"} : new String[] {"64"};
        final String[] kinds = full ? new String[] {"ascii", "latin1", "wide"} : new String[] {"ascii", "wide"};
        final String[] paced = {PACED};
        final String[] saturated = {SATURATED};
        final List<Plan> plans = new ArrayList<>();
        plans.add(new Plan("floor", "FloorBenchmark", Map.of("work", BOTH, "clock", clocks)));
        plans.add(new Plan(
                "spans",
                "\\.SpanBenchmark\\.(bare|kraken|unsampled|disabled)$",
                Map.of("work", BOTH, "clock", clocks)));
        plans.add(new Plan(
                "peers",
                "(OpenTelemetry|Brave|Datadog|Jfr)Benchmark\\.(bare|kraken|unsampled)$",
                Map.of("work", BOTH)));
        plans.add(new Plan(
                "shapes",
                "\\.(Span|OpenTelemetry|Brave)Benchmark\\.(nested|failed|full)$",
                Map.of("work", paced, "clock", new String[] {"auto"})));
        plans.add(new Plan("cold", "ColdSpanBenchmark", Map.of("work", saturated)));
        plans.add(
                new Plan("strings", "StringBenchmark", Map.of("work", paced, "length", lengths, "characters", kinds)));
        plans.add(new Plan(
                "threads",
                "ScalingBenchmark",
                Map.of("work", paced),
                threads(Runtime.getRuntime().availableProcessors())));
        if (Runtime.version().feature() >= FIRST_WITH_VIRTUAL_THREADS) {
            plans.add(new Plan("virtual threads", "VirtualThreadBenchmark", Map.of("work", saturated)));
        }
        plans.add(new Plan("encoding", "(Encoding|Document)Benchmark", Map.of()));
        plans.add(new Plan("delivery", "DeliveryBenchmark", Map.of("work", saturated)));
        return plans;
    }

    /** 1, 2, 4 and so on, and all processors. */
    static List<Integer> threads(int processors) {
        final List<Integer> threads = new ArrayList<>();
        for (int count = 1; count < processors; count *= 2) {
            threads.add(count);
        }
        threads.add(processors);
        return threads;
    }
}
