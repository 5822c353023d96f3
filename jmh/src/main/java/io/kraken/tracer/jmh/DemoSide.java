package io.kraken.tracer.jmh;

import java.io.Serializable;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Results of the demo's workload on one side, with its spans, warm-up included.
 *
 * @param delivered spans shipped, by the ledgers, which balance
 * @param dropped all other terms of the ledgers
 * @param downloads downloads of the rounds, lead-ins included
 * @param missing downloads that were due but not started: the machine was too slow
 * @param unanswered requests without a response
 */
record DemoSide(
        String name,
        List<DemoRound> rounds,
        long delivered,
        long dropped,
        long downloads,
        long missing,
        long unanswered)
        implements Serializable {

    private static final long serialVersionUID = 1;

    /** All rounds together, in ns. */
    Histogram responses() {
        final Histogram sum = new Histogram(rounds.get(0).responses());
        for (DemoRound round : rounds) {
            sum.add(round.responses());
        }
        return sum;
    }

    double cpuNsPerRequest() {
        double sum = 0;
        for (DemoRound round : rounds) {
            sum += round.cpuNsPerRequest();
        }
        return sum / rounds.size();
    }
}
