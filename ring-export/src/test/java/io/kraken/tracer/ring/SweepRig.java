package io.kraken.tracer.ring;

import io.kraken.tracer.Housekeeping;
import io.kraken.tracer.RecordSink;
import io.kraken.tracer.RecordSinkProvider;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * A real tracer whose chunks are swept by the test, with separate rings and clock. Ended records are settled at once or
 * held.
 */
final class SweepRig implements RecordSinkProvider, RecordSink, ChunkSweep.Handler {

    static final SpanName WORK = SpanName.of("sweep.work");
    static final int CHUNK = SpanFileLayout.CHUNK_RECORDS;

    final Tracer tracer;
    SpanFile file;
    Housekeeping housekeeping;
    ChunkRings rings;
    ChunkSweep sweep;
    int nudges;

    /** Ended records in the order in which they were found since the last {@link #sweep}. */
    final List<Integer> done = new ArrayList<>();

    final List<Integer> abandoned = new ArrayList<>();
    /** Records held until {@link #release}. */
    final List<Integer> held = new ArrayList<>();

    /** Called with each record before it is taken. */
    IntConsumer onSettled = record -> {};

    /** Maximum number of held records; negative to settle each record at once. */
    int room = -1;

    private final int shortAt;
    private final long abandonAfterNs;
    private long nowNs = -1_000_000_000L; // a clock's values may be negative

    SweepRig(int chunks) {
        this(chunks, config());
    }

    SweepRig(int chunks, TracerConfig config) {
        shortAt = chunks / 2;
        abandonAfterNs = config.get(TracerConfig.ABANDON_AFTER).toNanos();
        tracer = Tracer.create(config.with(TracerConfig.RECORDS, chunks * CHUNK), this);
        if (!tracer.isEnabled()) {
            throw new AssertionError(tracer.describe());
        }
    }

    static TracerConfig config() {
        return new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.SHUTDOWN_HOOK, false)
                .with(TracerConfig.CLOCK, "nanotime");
    }

    @Override
    public RecordSink open(SpanFile tracersFile, TracerConfig config, Housekeeping tracersHousekeeping) {
        file = tracersFile;
        housekeeping = tracersHousekeeping;
        rings = new ChunkRings(file.layout().shape().chunks(), shortAt, () -> nudges++);
        sweep = new ChunkSweep(file, housekeeping, rings, this, abandonAfterNs);
        return this;
    }

    // --- actions

    /** Starts and ends this number of spans. */
    SweepRig spans(int count) {
        for (int i = 0; i < count; i++) {
            tracer.start(WORK).end();
        }
        return this;
    }

    SweepRig detached(int count) {
        for (int i = 0; i < count; i++) {
            open().end();
        }
        return this;
    }

    Span open() {
        return tracer.startDetached(WORK, SpanKind.SERVER);
    }

    /** Records enough spans to reuse all chunks a few times. */
    SweepRig circulate() {
        for (int i = 0; i < 4 * file.layout().shape().chunks(); i++) {
            spans(CHUNK);
            sweep();
        }
        return this;
    }

    int sweep() {
        done.clear();
        housekeeping.doWork(nowNs);
        return sweep.sweep(nowNs);
    }

    int sweepAfter(Duration time) {
        nowNs += time.toNanos();
        return sweep();
    }

    /** Takes all held records. */
    void release() {
        for (int record : held) {
            settle(record);
            sweep.taken(record);
        }
        held.clear();
    }

    StackTraces stackTraces(int maxLength) {
        return new StackTraces(housekeeping, file.counters(), maxLength, TimeUnit.MINUTES.toNanos(1));
    }

    @Override
    public ChunkSweep.Outcome onDone(int record, boolean isAbandoned) {
        if (room >= 0 && held.size() == room) {
            return ChunkSweep.Outcome.NO_ROOM;
        }
        done.add(record);
        if (isAbandoned) {
            abandoned.add(record);
        }
        if (room >= 0) {
            held.add(record);
            return ChunkSweep.Outcome.HELD;
        }
        settle(record);
        return ChunkSweep.Outcome.SETTLED;
    }

    private void settle(int record) {
        onSettled.accept(record);
        file.counters().increment(Counter.TAKEN);
        file.counters().increment(Counter.SHIPPED);
    }

    // --- state

    Ledger ledger() {
        return Harness.assertCloses(tracer.ledger());
    }

    long count(Counter counter) {
        return file.counters().get(counter);
    }

    /** Records of a chunk that any thread may claim. */
    long freeWord(int chunk) {
        return Mem.getLongAcquire(file.buffer(), file.layout().freeOffset(chunk));
    }

    /** Number of uses of a record. */
    long uses(int record) {
        return RecordLayout.generation(
                RecordLayout.commitWordAcquire(file.buffer(), file.layout().recordOffset(record)));
    }

    int kind(int record) {
        return RecordLayout.kind(file.buffer(), file.layout().recordOffset(record));
    }

    /** The record of an open span; -1 when it is not found. */
    int recordOf(Span span) {
        for (int record = 0; record < file.layout().shape().records(); record++) {
            final int at = file.layout().recordOffset(record);
            if (RecordLayout.spanId(file.buffer(), at) == span.spanId()
                    && RecordLayout.state(RecordLayout.commitWordAcquire(file.buffer(), at)) == RecordLayout.OPEN) {
                return record;
            }
        }
        return -1;
    }

    /** Sweeps until all ended spans are settled, and closes the tracer. */
    Ledger close() {
        room = -1;
        release();
        sweep.thorough();
        sweep();
        sweep();
        return Harness.assertCloses(tracer.close(Duration.ofSeconds(1)));
    }

    // --- the sink

    @Override
    public int claim() {
        return rings.claim();
    }

    @Override
    public int share(int number) {
        return rings.share(number);
    }

    @Override
    public void pass(int chunk) {
        rings.pass(chunk);
    }

    @Override
    public void usedUp(int chunk) {
        rings.usedUp(chunk);
    }

    @Override
    public void nudge() {
        nudges++;
    }

    @Override
    public double occupancy() {
        return 0;
    }

    @Override
    public long waiting() {
        return 0;
    }

    @Override
    public void close(long timeoutNs) {
        sweep();
    }

    @Override
    public String describe() {
        return "swept by a test, " + TimeUnit.NANOSECONDS.toMillis(nowNs) + " ms";
    }
}
