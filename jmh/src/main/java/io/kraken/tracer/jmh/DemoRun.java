package io.kraken.tracer.jmh;

import com.sun.management.OperatingSystemMXBean;
import io.kraken.tracer.bridge.demo.Workload;
import io.kraken.tracer.file.Ledger;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.ObjectOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * One side of the demo's workload, in a separate process. It runs a round for each line on its input, answers each with
 * {@link #DONE}, and ends when its input ends. Between rounds it is idle, so that it can take turns with others.
 */
final class DemoRun {

    static final String DONE = "# done";

    private static final long LONGEST_NS = TimeUnit.SECONDS.toNanos(120);
    private static final int DIGITS = 3;
    private static final int WARM_UP_DOWNLOADS = 2000;
    /** Load before the measurement, at the same rate, which warms caches and connections after the idle time. */
    private static final int LEAD_IN_SECONDS = 1;
    /** Time after the measurement for the exporters to catch up, so that their work does not disturb another side. */
    private static final long SETTLE_NS = TimeUnit.SECONDS.toNanos(1);

    private final Options options;
    private final int rate;
    private final int seconds;
    private final Workload workload;
    private final LongAdder requests = new LongAdder();
    private final List<DemoRound> rounds = new ArrayList<>();
    private volatile ConcurrentHistogram responses = new ConcurrentHistogram(LONGEST_NS, DIGITS);

    DemoRun(Options options) throws IOException {
        this.options = options;
        rate = (int) options.number("rate", Workload.RATE);
        seconds = (int) options.number("seconds", DemoLoad.SECONDS);
        workload = new Workload(options.text("collector", ""), this::answered);
    }

    private void answered(long responseNs) {
        requests.increment();
        responses.recordValue(Math.min(LONGEST_NS, Math.max(0, responseNs)));
    }

    void run() throws IOException {
        final int warmUpSeconds = (int) options.number("warmup", DemoLoad.WARM_UP_SECONDS);
        workload.warmUp(WARM_UP_DOWNLOADS);
        workload.run(rate, warmUpSeconds);
        final long before = workload.downloads();
        System.out.println(DONE);
        final BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (orders.readLine() != null) {
            rounds.add(round());
            System.out.println(DONE);
        }
        if (rounds.isEmpty()) {
            throw new IllegalStateException("no round was requested");
        }
        final long downloads = workload.downloads() - before;
        final long due = (long) rate * (seconds + LEAD_IN_SECONDS) * rounds.size();
        final Delivery delivery = close();
        final DemoSide side = new DemoSide(
                options.text("side", ""),
                rounds,
                delivery.delivered(),
                delivery.dropped(),
                downloads,
                due - downloads,
                workload.unanswered());
        try (ObjectOutputStream out =
                new ObjectOutputStream(Files.newOutputStream(Path.of(options.text("result", ""))))) {
            out.writeObject(side);
        }
    }

    private DemoRound round() {
        final long cpuBefore = processCpuNs();
        final long requestsBefore = requests.sum();
        workload.run(rate, LEAD_IN_SECONDS);
        responses = new ConcurrentHistogram(LONGEST_NS, DIGITS);
        workload.run(rate, seconds);
        final Histogram measured = new Histogram(LONGEST_NS, DIGITS);
        measured.add(responses);
        final long settledNs = System.nanoTime() + SETTLE_NS;
        for (long left = SETTLE_NS; left > 0; left = settledNs - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return new DemoRound(
                measured, (double) (processCpuNs() - cpuBefore) / Math.max(1, requests.sum() - requestsBefore));
    }

    private static long processCpuNs() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    /** Closes the tracers; throws unless every ledger balances. */
    private Delivery close() throws IOException {
        Delivery sum = new Delivery(0, 0);
        for (Map.Entry<String, Ledger> service : workload.close().entrySet()) {
            if (service.getValue().started() > 0) {
                System.out.println("# " + service.getKey() + ' ' + service.getValue());
            }
            final Delivery one = Tracers.delivery(service.getValue());
            sum = new Delivery(sum.delivered() + one.delivered(), sum.dropped() + one.dropped());
        }
        return sum;
    }
}
