package io.kraken.tracer.jmh;

import java.io.Serializable;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The demo's workload on one side, traced or not, and what became of its spans, warm-up included.
 *
 * @param delivered shipped, as the ledgers say, which close
 * @param dropped every other term of the ledgers
 * @param downloads of the rounds, lead-ins included
 * @param missing downloads that should have been begun meanwhile: the machine was too slow
 * @param unanswered requests to which no answer came
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
