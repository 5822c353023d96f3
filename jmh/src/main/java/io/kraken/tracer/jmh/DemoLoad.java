package io.kraken.tracer.jmh;

import io.kraken.tracer.bridge.demo.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Benchmark of the demo's whole workload, a small Kraken, untraced and traced: the effect of the tracer on the response
 * times of requests and on the processor time of the process. Untraced runs twice, in two processes: their difference
 * is noise. The sides take turns, one round each, so that the machine's noise affects all of them.
 */
public final class DemoLoad {

    static final int SECONDS = 5;
    static final int WARM_UP_SECONDS = 5;

    private static final int ROUNDS = 3;
    private static final String USAGE = """
            DemoLoad [--rate=667] [--rounds=3] [--seconds=5] [--warmup=5]
              --rate     downloads a second; uploads and replications are in proportion
              --rounds   rounds of each side; the sides take turns, and the first side changes
              --seconds  length of a round; a second before and one after it are not measured
              --warmup   seconds at that rate before the first round
            """;

    private final Options options;

    private DemoLoad(Options options) {
        this.options = options;
    }

    public static void main(String[] args) throws Exception {
        final Options options = new Options(args);
        if (options.has("help")) {
            System.out.print(USAGE);
        } else if (options.has("side")) {
            new DemoRun(options).run();
        } else {
            final DemoResult result = run(options);
            System.out.println();
            System.out.print(result.text());
        }
    }

    static DemoResult run(Options options) throws IOException, InterruptedException {
        return new DemoLoad(options).run();
    }

    private DemoResult run() throws IOException, InterruptedException {
        final List<DemoProcess> processes = new ArrayList<>();
        try (Receiver receiver = new Receiver()) {
            for (String side : DemoResult.SIDES) {
                final String collector = side.equals(DemoResult.TRACED) ? receiver.address() : "";
                processes.add(new DemoProcess(side, options.with("collector", collector)));
            }
            for (DemoProcess process : processes) {
                process.start();
            }
            final int rounds = (int) options.number("rounds", ROUNDS);
            for (int round = 0; round < rounds; round++) {
                System.out.printf("  round %d of %d%n", round + 1, rounds);
                for (int turn = 0; turn < processes.size(); turn++) {
                    processes.get((round + turn) % processes.size()).round();
                }
            }
            final List<DemoSide> sides = new ArrayList<>();
            for (DemoProcess process : processes) {
                sides.add(process.finish());
            }
            return checked(new DemoResult(options.number("rate", Workload.RATE), sides), receiver.spans());
        } finally {
            for (DemoProcess process : processes) {
                process.close();
            }
        }
    }

    /** Checks the result against the receiver's count; untraced sides have no spans. */
    private static DemoResult checked(DemoResult result, long received) {
        final DemoSide traced = result.side(DemoResult.TRACED);
        if (received != traced.delivered() || traced.delivered() == 0) {
            throw new IllegalStateException(
                    "the receiver has " + received + " spans, the ledgers say " + traced.delivered());
        }
        for (DemoSide side : result.sides()) {
            if (!side.name().equals(DemoResult.TRACED) && side.delivered() + side.dropped() > 0) {
                throw new IllegalStateException(side.name() + " has spans");
            }
        }
        return result;
    }
}
