package io.kraken.tracer.jmh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One case: the bridge between a queue and its backends, each in a separate process, observed from outside. */
final class BridgeRun {

    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(50);
    /** Wait after the last span, to detect a duplicate. */
    private static final long SETTLE_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

    private final BridgeLoad load;
    private final String name;
    private final BridgeCase task;
    private final Path queues;

    private ProcessUse most = ProcessUse.NONE;
    private double residentMb;
    private final List<Look> looks = new ArrayList<>();

    /** Measurements at one time. */
    private record Look(long atNs, long spans, double cpuSeconds) {}

    /** Number of spans in the queue, and the sum of their ids. */
    record Recorded(long spans, long ids) {

        static Recorded parse(String text) {
            final String[] parts = text.split(" ");
            if (!parts[1].equals("0")) {
                throw new IllegalStateException(parts[1] + " spans were dropped before they were in the queue");
            }
            return new Recorded(Long.parseLong(parts[0]), Long.parseLong(parts[2]));
        }
    }

    BridgeRun(BridgeLoad load, String name, Path queues) {
        this.load = load;
        this.name = name;
        this.task = BridgeCase.of(name);
        this.queues = queues;
    }

    /** @param recorded the contents of the queue; null to start a live service */
    BridgeResult run(Recorded recorded) throws IOException {
        try (Role receiver = load.start(BridgeRoles.RECEIVER, task, queues, "")) {
            final String addresses = receiver.answer();
            try (Role bridge = load.start(BridgeRoles.BRIDGE, task, queues, addresses)) {
                bridge.answer();
                return task.isLive() ? follow(receiver, bridge) : drain(receiver, bridge, recorded);
            }
        }
    }

    private BridgeResult drain(Role receiver, Role bridge, Recorded recorded) throws IOException {
        watch(receiver, bridge, recorded.spans);
        return result(counts(receiver), bridge, recorded, 0);
    }

    private BridgeResult follow(Role receiver, Role bridge) throws IOException {
        try (Role service = load.start(BridgeRoles.SERVICE, task, queues, "")) {
            service.answer();
            service.begin();
            while (!service.hasAnswered()) {
                look(receiver, bridge);
            }
            final long doneNs = System.nanoTime();
            final Recorded recorded = Recorded.parse(service.answer());
            watch(receiver, bridge, recorded.spans);
            final double behind = (looks.get(looks.size() - 1).atNs - doneNs) / 1e9;
            return result(counts(receiver), bridge, recorded, Math.max(0, behind));
        }
    }

    /** Waits until all spans have arrived. */
    private void watch(Role receiver, Role bridge, long spans) throws IOException {
        final long wanted = spans * task.destinations();
        long seen = -1;
        long progressNs = System.nanoTime();
        while (seen < wanted) {
            final Look look = look(receiver, bridge);
            if (look.spans > seen) {
                seen = look.spans;
                progressNs = look.atNs;
            } else if (look.atNs - progressNs > PATIENCE_NS) {
                throw new IllegalStateException(name + ": " + seen + " spans of " + wanted + " have arrived");
            }
        }
        LockSupport.parkNanos(SETTLE_NS);
    }

    private Look look(Role receiver, Role bridge) throws IOException {
        LockSupport.parkNanos(LOOK_NS);
        final ProcessUse use = ProcessUse.of(bridge.pid());
        long spans = 0;
        for (SpanCounter.Count count : counts(receiver)) {
            spans += count.spans();
        }
        most = most.most(use);
        residentMb = Math.max(residentMb, use.residentMb());
        final Look look = new Look(System.nanoTime(), spans, use.cpuSeconds());
        looks.add(look);
        return look;
    }

    private static List<SpanCounter.Count> counts(Role receiver) throws IOException {
        final List<SpanCounter.Count> counts = new ArrayList<>();
        for (String text : receiver.ask().split(";")) {
            counts.add(SpanCounter.Count.parse(text));
        }
        return counts;
    }

    private BridgeResult result(List<SpanCounter.Count> counts, Role bridge, Recorded recorded, double behind)
            throws IOException {
        SpanCounter.Count sum = SpanCounter.Count.NONE;
        for (SpanCounter.Count count : counts) {
            if (count.spans() != recorded.spans || count.ids() != recorded.ids) {
                throw new IllegalStateException(name + ": of " + recorded + " there arrived " + count);
            }
            sum = sum.plus(count);
        }
        final String[] collections = bridge.ask().split(" ");
        return new BridgeResult(
                name,
                sum.spans(),
                (sum.lastNs() - sum.firstNs()) / 1e9,
                behind,
                most.cpuSeconds(),
                perCpuSecond(sum.spans(), 0),
                perCpuSecond(sum.spans(), sum.spans() / 2),
                residentMb,
                most,
                sum.requests(),
                sum.bytes(),
                sum.wireBytes(),
                Long.parseLong(collections[0]),
                Long.parseLong(collections[1]));
    }

    /** Spans a CPU second after this number had arrived. */
    private double perCpuSecond(long all, long from) {
        Look begin = null;
        for (Look look : looks) {
            if (begin == null && look.spans > from) {
                begin = look;
            }
            if (look.spans == all) {
                return (look.spans - begin.spans) / (look.cpuSeconds - begin.cpuSeconds);
            }
        }
        return Double.NaN;
    }
}
