package io.kraken.tracer.ring;

import io.kraken.tracer.Housekeeping;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;

/**
 * The exporter's duty cycle: sweeps the chunks for ended spans, hands them to the sink when a batch is full or old
 * enough, marks records as taken, and does the tracer's housekeeping. A span or a sink call that fails is counted and
 * skipped.
 */
final class ExporterAgent implements Agent, ChunkSweep.Handler {

    private final ChunkSweep sweep;
    private final Batch batch;
    private final StackTraces stackTraces;
    private final BatchSink sink;
    private final Housekeeping housekeeping;
    private final SpanFile file;
    private final Counters counters;
    private final NanoClock clock;
    private final long batchNs;
    private final ErrorHandler errors;
    private final boolean keepsUnsampled;

    // Spans noted by count and onDone, which settle adds to the counters.
    private int taken;
    private int notKept;
    private int errorsTaken;

    private int inBatch; // spans in the batch at the last check that the sink had not taken

    private long sweptNs;
    private long batchBegunNs;
    private volatile boolean draining;
    /** Whether the sink has been told to drain. */
    private boolean sinkDraining;

    private volatile boolean drained;

    ExporterAgent(
            SpanFile file, ChunkRings rings, Batch batch, BatchSink sink, Housekeeping housekeeping, Wiring wiring) {
        this.file = file;
        this.batch = batch;
        this.stackTraces = batch.stackTraces();
        this.sink = sink;
        this.housekeeping = housekeeping;
        this.counters = file.counters();
        this.clock = wiring.clock();
        this.batchNs = wiring.batchNs();
        this.errors = wiring.errors();
        this.keepsUnsampled = sink.keepsUnsampled();
        this.sweep = new ChunkSweep(file, housekeeping, rings, this, wiring.abandonAfterNs());
    }

    /** Clock, durations and error handler of an agent; tests pass a clock that they step. */
    record Wiring(NanoClock clock, long batchNs, long abandonAfterNs, ErrorHandler errors) {}

    @Override
    public String roleName() {
        return "kraken-tracer-exporter";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        final boolean isDraining = draining; // read once: spans that end after a cycle has begun are not covered by it
        int work = housekeeping.doWork(nowNs) ? 1 : 0; // first, since it detects whether the clock has jumped
        work += sinkWork(nowNs, isDraining) + releaseTaken();
        stackTraces.doWork(nowNs);
        final int found = sweep(nowNs);
        work += found;
        work += offerWhenDue(nowNs);
        drained = isDraining && found == 0 && batch.isEmpty() && sink.waiting() == 0 && !stackTraces.isBusy();
        return work;
    }

    /** A failure of the sink must not keep the chunks from being swept. */
    private int sinkWork(long nowNs, boolean isDraining) {
        try {
            if (isDraining && !sinkDraining) {
                sinkDraining = true;
                sweep.thorough();
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
        final int found = sweep.sweep(nowNs);
        settle();
        return found;
    }

    @Override
    public ChunkSweep.Outcome onDone(int record, boolean abandoned) {
        try {
            if (!keepsUnsampled && !isSampled(record)) {
                count(record);
                notKept++;
                return ChunkSweep.Outcome.SETTLED;
            }
            ChunkSweep.Outcome outcome = append(record, abandoned);
            if (outcome == ChunkSweep.Outcome.NO_ROOM) {
                offer();
                outcome = append(record, abandoned);
            }
            if (outcome != ChunkSweep.Outcome.HELD) {
                return outcome == ChunkSweep.Outcome.LATER ? outcome : noRoom(record);
            }
            inBatch = batch.count();
            if (inBatch == 1) {
                batchBegunNs = sweptNs;
            }
            return ChunkSweep.Outcome.HELD;
        } catch (Throwable e) {
            errors.onError(e); // first: if this fails, the next sweep finds the record again
            count(record);
            counters.increment(Counter.POISON);
            return ChunkSweep.Outcome.SETTLED;
        }
    }

    private ChunkSweep.Outcome append(int record, boolean abandoned) {
        if (!abandoned) {
            return batch.append(record);
        }
        return batch.appendAbandoned(record, housekeeping.ticks())
                ? ChunkSweep.Outcome.HELD
                : ChunkSweep.Outcome.NO_ROOM;
    }

    private boolean isSampled(int record) {
        return (RecordLayout.flags(file.buffer(), file.layout().recordOffset(record)) & TraceContext.SAMPLED) != 0;
    }

    /** A span that does not fit into an empty batch is counted and skipped: it would block all others for ever. */
    private ChunkSweep.Outcome noRoom(int record) {
        if (!batch.isEmpty()) {
            return ChunkSweep.Outcome.NO_ROOM;
        }
        count(record);
        counters.increment(Counter.TOO_LARGE);
        return ChunkSweep.Outcome.SETTLED;
    }

    /** Notes a span that is being taken; {@link #settle} adds it to the counters. */
    private void count(int record) {
        stackTraces.forget(record);
        taken++;
        if (RecordLayout.status(file.buffer(), file.layout().recordOffset(record)) == StatusCode.ERROR.ordinal()) {
            errorsTaken++;
        }
    }

    /**
     * Adds the noted spans to the counters, in one step: updating a counter shared with other threads costs more than
     * all other work for a span.
     */
    private void settle() {
        if (taken > 0) {
            counters.add(Counter.TAKEN, taken);
            counters.add(Counter.NOT_KEPT, notKept);
            counters.add(Counter.ERRORS, errorsTaken);
            taken = 0;
            notKept = 0;
            errorsTaken = 0;
        }
    }

    private int offerWhenDue(long nowNs) {
        if (batch.isEmpty() || !batch.isFull() && !draining && nowNs - batchBegunNs < batchNs) {
            return 0;
        }
        return offer();
    }

    private int offer() {
        try {
            sink.offer(batch, clock.nanoTime());
        } catch (Throwable e) {
            counters.add(Counter.SINK_ERROR, batch.count());
            batch.clear();
            sinkFailed(e);
        }
        return releaseTaken();
    }

    /** Marks as taken the records of spans that the sink has removed from the batch, or that were rejected. */
    private int releaseTaken() {
        final int before = inBatch;
        inBatch = batch.count();
        for (int span = inBatch; span < before; span++) {
            count(batch.record(span));
            sweep.taken(batch.record(span));
        }
        settle();
        if (inBatch < before) {
            counters.increment(Counter.BATCHES);
        }
        return before - inBatch;
    }

    /** Spans taken and not settled yet. */
    long waiting() {
        return sink.waiting();
    }

    /** From now on spans are not delayed to fill a batch. */
    void drain() {
        draining = true;
    }

    /** Whether the last duty cycle found no work left. */
    boolean isDrained() {
        return drained;
    }

    @Override
    public void onClose() {
        batch.clear();
        stackTraces.close();
        sink.close();
    }
}
