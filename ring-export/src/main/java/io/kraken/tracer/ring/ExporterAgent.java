package io.kraken.tracer.ring;

import io.kraken.tracer.Timekeeper;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.RecordLayout;
import org.agrona.ErrorHandler;
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
    private final ErrorHandler errors;
    private final boolean keepsUnsampled;

    private int firstLane;
    private long sweptNs;
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
        this.errors = wiring.errors();
        this.keepsUnsampled = sink.keepsUnsampled();
    }

    /** What an agent is told of its surroundings: a test steps the time. */
    record Wiring(NanoClock clock, long batchNs, ErrorHandler errors) {}

    @Override
    public String roleName() {
        return "kraken-tracer-exporter";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        int work = workOfSink(nowNs);
        work += sweep(nowNs);
        work += handOnWhenDue(nowNs);
        work += time.keep(nowNs) ? 1 : 0;
        return work;
    }

    /** What fails here must not keep the lanes from being swept. */
    private int workOfSink(long nowNs) {
        try {
            if (draining && !sinkKnows) {
                sinkKnows = true;
                sink.drain();
            }
            return sink.doWork(nowNs);
        } catch (Throwable e) {
            sinkFailed(e);
            return 0;
        }
    }

    private void sinkFailed(Throwable error) {
        counters.increment(Counter.EXPORT_ERRORS);
        errors.onError(error);
    }

    private int sweep(long nowNs) {
        sweptNs = nowNs;
        int taken = 0;
        final int count = lanes.count();
        firstLane =
                firstLane + 1 == count ? 0 : firstLane + 1; // so that no lane is always the last when the sink is slow
        for (int i = 0; i < count; i++) {
            taken += lanes.lane((firstLane + i) % count).poll(this);
        }
        return taken;
    }

    @Override
    public boolean onRecord(Lane lane, long sequence, int slots) {
        try {
            if (!keepsUnsampled && !isSampled(lane, sequence)) {
                counters.increment(Counter.NOT_KEPT);
                return true;
            }
            if (!batch.append(lane, sequence, slots)) {
                handOn();
                if (!batch.append(lane, sequence, slots)) {
                    return skipWhenTooLarge();
                }
            }
            inBatch = batch.count();
            if (inBatch == 1) {
                batchBegunNs = sweptNs;
            }
        } catch (Throwable e) {
            counters.increment(Counter.POISON);
            errors.onError(e);
        }
        return true;
    }

    private static boolean isSampled(Lane lane, long sequence) {
        return (RecordLayout.flags(lane.buffer(), lane.slotOffset(sequence)) & TraceContext.SAMPLED) != 0;
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
        } catch (Throwable e) {
            counters.add(Counter.SINK_ERROR, batch.count());
            batch.clear();
            sinkFailed(e);
        }
        final int taken = before - batch.count();
        if (taken > 0) {
            counters.increment(Counter.BATCHES);
        }
        inBatch = batch.count();
        return taken;
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
