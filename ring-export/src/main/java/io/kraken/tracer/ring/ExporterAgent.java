package io.kraken.tracer.ring;

import io.kraken.tracer.Timekeeper;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/**
 * The consumer of the lanes: sweeps them into a batch, hands the batch to the sink when it is full or old enough,
 * keeps the clocks together. A record or a sink that fails is counted and skipped.
 */
final class ExporterAgent implements Agent, Lane.Handler {

    private final Lanes lanes;
    private final Batch batch;
    private final BatchSink sink;
    private final Timekeeper time;
    private final Counters counters;
    private final NanoClock clock;
    private final long batchNs;

    private int firstLane;
    private long batchBegunNs;
    private volatile boolean draining;
    private boolean sinkKnows;
    private volatile int inBatch;

    ExporterAgent(Lanes lanes, Batch batch, BatchSink sink, Timekeeper time, Counters counters, Wiring wiring) {
        this.lanes = lanes;
        this.batch = batch;
        this.sink = sink;
        this.time = time;
        this.counters = counters;
        this.clock = wiring.clock();
        this.batchNs = wiring.batchNs();
    }

    /** What differs between a service and a test that steps the time. */
    record Wiring(NanoClock clock, long batchNs) {}

    @Override
    public String roleName() {
        return "kraken-tracer-exporter";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        if (draining && !sinkKnows) {
            sinkKnows = true;
            sink.drain();
        }
        int work = sink.doWork(nowNs);
        work += sweep(nowNs);
        work += handOnWhenDue(nowNs);
        work += time.keep(nowNs) ? 1 : 0;
        return work;
    }

    private int sweep(long nowNs) {
        int taken = 0;
        final int count = lanes.count();
        firstLane =
                firstLane + 1 == count ? 0 : firstLane + 1; // so that no lane is always the last when the sink is slow
        for (int i = 0; i < count; i++) {
            final boolean wasEmpty = batch.isEmpty();
            taken += lanes.lane((firstLane + i) % count).poll(this);
            if (wasEmpty && !batch.isEmpty()) {
                batchBegunNs = nowNs;
            }
        }
        return taken;
    }

    @Override
    public boolean onRecord(Lane lane, long sequence, int slots) {
        try {
            if (!batch.append(lane, sequence, slots)) {
                handOn();
                if (!batch.append(lane, sequence, slots)) {
                    return skipWhenTooLarge();
                }
            }
            inBatch = batch.count();
        } catch (RuntimeException e) {
            counters.increment(Counter.POISON);
        }
        return true;
    }

    /** A record that an empty batch can't hold would stop its lane for ever. */
    private boolean skipWhenTooLarge() {
        if (!batch.isEmpty()) {
            return false;
        }
        counters.increment(Counter.TOO_LARGE);
        return true;
    }

    @Override
    public void onMissing(Lane lane, long records) {
        counters.add(Counter.POISON, records);
    }

    private int handOnWhenDue(long nowNs) {
        if (batch.isEmpty() || !batch.isFull() && !draining && nowNs - batchBegunNs < batchNs) {
            return 0;
        }
        return handOn();
    }

    private int handOn() {
        final int before = batch.count();
        try {
            sink.offer(batch, clock.nanoTime());
        } catch (RuntimeException e) {
            counters.add(Counter.SINK_ERROR, batch.count());
            counters.increment(Counter.EXPORT_ERRORS);
            batch.clear();
        }
        counters.increment(Counter.BATCHES);
        inBatch = batch.count();
        return before - batch.count();
    }

    /** Spans in the batch and in the sink. */
    long waiting() {
        return inBatch + sink.waiting();
    }

    /** From now on nothing waits for company. */
    void drain() {
        draining = true;
    }

    @Override
    public void onClose() {
        counters.add(Counter.CLOSE_DEADLINE, batch.count());
        batch.clear();
        inBatch = 0;
        sink.close();
    }
}
