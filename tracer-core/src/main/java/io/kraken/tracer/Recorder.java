package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;

/** What is behind a tracer that records: its memory, its clock, its threads, and what is in force. */
final class Recorder extends SpanStarter {

    /** What a span may hold, by OpenTelemetry's names. */
    record Limits(int attributes, int events, int links, int detailAttributes, int valueLength) {}

    /**
     * What to do when no record is free.
     *
     * @param waitNs how long a start may wait
     * @param recycles whether who ends a span frees its record, since there is no exporter
     */
    record Full(long waitNs, boolean recycles) {
        static final Full RECYCLING = new Full(0, true);

        static Full of(TracerConfig config) {
            return new Full(TimeUnit.MICROSECONDS.toNanos(config.get(TracerConfig.FULL_WAIT_MICROS)), false);
        }
    }

    /** Beside the code of a span's kind: it belongs to the thread that starts it. */
    static final int ATTACHED = 0x100;

    /** A power of two. */
    static final int KNOWN = 256;

    private static final int READINGS = 1000;

    // --- what every span reads

    final Memory memory;
    final Chunks chunks;
    final int recordLength;

    final Span[][] spans;
    private final long firstRecord;
    private final int recordShift;
    /** Attributes up to which a value may be appended without a further look. */
    final int fastAttributes;

    /**
     * Where threads that may own a chunk find their state first, by the low bits of their numbers: fewer cache lines
     * than {@link ThreadStates} has. Written without order: a thread that finds another one's state there, or none,
     * looks there.
     */
    final ThreadState[] known = new ThreadState[KNOWN];

    private volatile Policy policy;

    // --- and the rest

    final SpanFile file;
    final SpanFileLayout layout;
    final Limits limits;
    final SpillAreas spills;
    final AttributeKeys[] attributeKeys;
    final int maxAttributes;
    final int maxValueLength;
    /** Bytes of a span, those in parts included, at the most. */
    final int maxLength;
    /** Bytes of a span that a part holds. */
    final int partLength;

    final ThreadStates threads = new ThreadStates();

    final Unfinished unfinished = new Unfinished(this);
    private final Ids ids = new Ids();
    final Utf8Scratches scratches = new Utf8Scratches();
    private final long readingTicks;
    /** Racy on purpose: a rate is better than none. */
    private double nanosPerTick = 1;

    BaggageAttributes baggage = BaggageAttributes.NONE;
    private RecordSink sink;
    private volatile boolean closed;
    private volatile Throwable lastFailure;

    Recorder(SpanFile file, TickClock clock, Limits limits, Policy policy, Full full) {
        super(clock, file.counters(), full.recycles());
        this.file = file;
        this.layout = file.layout();
        this.memory = file.memory();
        this.limits = limits;
        this.maxAttributes = limits.attributes();
        this.maxValueLength = limits.valueLength();
        this.recordLength = layout.shape().recordLength();
        this.maxLength = RecordLayout.maxLength(recordLength);
        this.partLength = recordLength - RecordLayout.PART_HEADER_LENGTH;
        this.policy = policy;
        this.spills = new SpillAreas(layout, memory);
        this.attributeKeys = AttributeKeys.places(maxAttributes, maxLength);
        this.fastAttributes = maxValueLength < recordLength ? 0 : maxAttributes;
        this.chunks = new Chunks(file, this, full);
        this.spans = chunks.spans;
        this.firstRecord = memory.address(layout.recordOffset(0));
        this.recordShift = Integer.numberOfTrailingZeros(recordLength);
        this.readingTicks = readingTicks(clock);
    }

    /** What lies between two readings of the clock that follow one another. */
    private static long readingTicks(TickClock clock) {
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < READINGS; i++) {
            final long before = clock.ticks();
            shortest = Math.min(shortest, clock.ticks() - before);
        }
        return shortest;
    }

    void nanosPerTick(double rate) {
        nanosPerTick = rate;
    }

    double nanosPerTick() {
        return nanosPerTick;
    }

    /** How much of all records is not free, 0 to 1. */
    double occupancy() {
        return sink == null ? 0 : sink.occupancy();
    }

    /** Before the first span. */
    void baggage(BaggageAttributes recorded) {
        baggage = recorded;
    }

    void attach(RecordSink recordSink) {
        sink = recordSink;
        chunks.attach(recordSink);
    }

    /** From here on; one that is closed stays so. */
    synchronized void follow(Policy other) {
        policy = closed ? other.off() : other;
    }

    Policy policy() {
        return policy;
    }

    Ids ids() {
        return ids;
    }

    /** Of the calling thread, which may be at work in a span. */
    ThreadState thread() {
        final ThreadState found = known[(int) ThreadIds.current() & KNOWN - 1];
        return found != null && found.isCurrentThread() ? found : lookUp(false);
    }

    /** Of the calling thread, which is about to begin something: what it has left unfinished is finished first. */
    ThreadState settledThread() {
        final ThreadState found = known[(int) ThreadIds.current() & KNOWN - 1];
        return found != null && found.isCurrentThread() ? found : lookUp(true);
    }

    private ThreadState lookUp(boolean settles) {
        ThreadState thread = welcomed();
        if (thread == null) {
            thread = chunks.welcome(this);
            threads.add(thread, chunks.recycles() ? unfinished : null);
        }
        final int place = (int) thread.id & KNOWN - 1;
        if (thread.hasSlot()) {
            known[place] = thread;
            VarHandle.fullFence(); // the look comes after the store, see lookAgain
        }
        if (settles) {
            unfinished.finish(thread);
        } else {
            thread.cutDroppedStack(spans); // what is on top now may be taken off next
            if (thread.hasSlot() && thread.unsettled) {
                known[place] = null;
            }
        }
        return thread;
    }

    private ThreadState welcomed() {
        return threads.find();
    }

    /**
     * Makes nothing current on a thread that a span was taken from: what is on its stack may soon stand for other
     * spans. The exporter only, while the thread waits for something.
     */
    void dropStack(ThreadState thread, int from) {
        thread.dropStack(from);
        lookAgain(thread);
    }

    /** Has a thread look for what is unfinished before it does anything else. */
    void lookAgain(ThreadState thread) {
        thread.unsettled = true;
        VarHandle.fullFence(); // a thread whose store outlasts the next one sees that it is to look
        known[(int) thread.id & KNOWN - 1] = null;
    }

    /** A free record; {@link Chunks#NONE} when there is none. Whatever a sink throws stays here. */
    int record(ThreadState thread, boolean own) {
        try {
            return own ? chunks.ownRecord(thread) : chunks.sharedRecord(thread);
        } catch (ThreadDeath e) {
            throw e;
        } catch (Throwable e) {
            failed(e);
            return Chunks.NONE;
        }
    }

    /** What is current on the calling thread, for which nothing is made if it never had anything. */
    Frame top() {
        final ThreadState thread = welcomed();
        if (thread == null) {
            return null;
        }
        unfinished.finish(thread);
        return top(thread);
    }

    /** What is current on the thread, null when nothing is. */
    Frame top(ThreadState thread) {
        return thread.top(spans);
    }

    // --- spans begin

    /**
     * A span under what is current on the calling thread.
     *
     * @param name carried as text when the symbol says so
     * @param how the code of its kind, and {@link #ATTACHED} if it belongs to the thread and becomes its current one
     */
    Span start(int symbol, String name, int how) {
        final Policy now = policy;
        if (!now.recording) {
            return notRecorded();
        }
        try {
            final ThreadState thread = settledThread();
            if (thread.free == Long.MIN_VALUE && how >= ATTACHED && thread.measures()) {
                return startMeasured(thread, symbol, name, how);
            }
            return begin(thread, now, top(thread), symbol, name, how);
        } catch (Throwable e) { // no call in here, see Unfinished
            if (e instanceof ThreadDeath) {
                throw e;
            }
            unfinished.failedStarts[symbol & Unfinished.THREADS - 1]++; // whose it is, is not known here
            return Span.NOOP;
        }
    }

    private Span startMeasured(ThreadState thread, int symbol, String name, int how) {
        thread.startCost(ticks());
        final Span span = begin(thread, policy, top(thread), symbol, name, how);
        try {
            if (span.isRecording()) {
                thread.startCost(ticks() - thread.startCost());
                span.marks |= TraceContext.MEASURED;
            }
        } catch (StackOverflowError e) {
            // The span has begun; what that has cost is not known.
        }
        return span;
    }

    /** Under a parent of the program's choice; null and one without ids begin a trace. */
    Span startUnder(TraceContext parent, int symbol, String name, int how) {
        try {
            return begin(settledThread(), parent, symbol, name, how);
        } catch (Throwable e) { // no call in here, see Unfinished
            if (e instanceof ThreadDeath) {
                throw e;
            }
            unfinished.failedStarts[symbol & Unfinished.THREADS - 1]++; // whose it is, is not known here
            return Span.NOOP;
        }
    }

    private Span begin(ThreadState thread, TraceContext parent, int symbol, String name, int how) {
        final Policy now = policy;
        TraceContext whole = parent;
        if (parent == null || !parent.isValid()) {
            whole = parent instanceof RemoteContext && (now.recording || ((RemoteContext) parent).saysMore())
                    ? parent
                    : null;
        } else if (parent instanceof Span) { // which another thread may be ending: whole, or not at all
            if (((Span) parent).isClosed()) {
                counters.increment(Counter.MISUSE_STALE_PARENT, thread.stripe);
            }
            whole = thread.copyOf((Span) parent);
        }
        return begin(thread, now, whole, symbol, name, how);
    }

    /** While nothing is recorded no trace begins: the process would decide for all those behind it. */
    private Span begin(ThreadState thread, Policy now, TraceContext parent, int symbol, String name, int how) {
        if (!now.recording && (closed || parent == null)) {
            return notRecorded();
        }
        final boolean isOwn = how >= ATTACHED && thread.hasSlot();
        int record = Chunks.NONE;
        try {
            record = isOwn && thread.free != 0 ? thread.take() : record(thread, isOwn);
            if (record == Chunks.NONE) {
                counters.increment(Counter.RECORDS_FULL, thread.stripe);
                return Span.NOOP;
            }
            final int place = SpanFileLayout.numberOf(record);
            final long[] leases = isOwn ? thread.leases : chunks.leases[SpanFileLayout.chunkOf(record)];
            final Span span = isOwn ? thread.spans[place] : chunks.span(record);
            final long at = firstRecord + ((long) record << recordShift);
            final long lease = leases[place] + RecordLayout.LEASE;
            span.claimed(lease);
            final boolean recorded = fill(span, thread, now, parent, symbol, name);
            if (recorded) {
                final boolean isInline = symbol == EntryLayout.INLINE_SYMBOL;
                span.open(this, at, isInline ? EntryLayout.NO_SYMBOL : symbol, how & ATTACHED - 1, parent);
                if (isInline || span.carried != CarriedPool.NONE) {
                    Entries.putAtStart(span, symbol, name);
                }
            } else {
                RecordLayout.commitRelease(memory, at, RecordLayout.opened(lease, span.flags, RecordLayout.PASSING));
            }
            leases[place] = lease;
            if (how >= ATTACHED) {
                span.attach(thread, record + 1, recorded);
            } else {
                span.detach();
            }
            return span;
        } catch (Throwable e) { // no call in here, see Unfinished
            final int halted = isOwn ? record + 1 : -record - 1;
            if (thread.halted == 0) {
                thread.halted = halted;
            } else {
                thread.haltedPart = halted; // a sampler's own start has failed before
            }
            final int failing = (int) thread.id & Unfinished.THREADS - 1;
            unfinished.failedStarts[failing]++;
            thread.unsettled = true;
            known[(int) thread.id & KNOWN - 1] = null;
            if (thread.scratch != null) { // a platform thread: it is found elsewhere as well
                unfinished.threads[failing] = thread;
            } else if (!thread.isListed) {
                thread.isListed = true;
                thread.following = unfinished.threads[failing];
                unfinished.threads[failing] = thread;
            }
            unfinished.any = true;
            if (e instanceof ThreadDeath) {
                throw e;
            }
            return Span.NOOP;
        }
    }

    /** Takes note of a span of which there is nothing, without asking for what is kept for the thread. */
    Span notRecorded() {
        final int stripe = (int) ThreadIds.current();
        counters.increment(closed ? Counter.STARTED_CLOSED : Counter.UNRECORDED, stripe);
        return Span.NOOP;
    }

    /**
     * Counts what the start and the end of a span have cost, of which the end began at these ticks. There is one
     * reading of the clock in it that would not be there otherwise.
     */
    void measured(ThreadState thread, long endTicks) {
        final long ticks = thread.startCost() + ticks() - endTicks - readingTicks;
        counters.increment(Counter.COST_SPANS, thread.stripe);
        counters.add(Counter.COST_NANOS, Math.max(0, (long) (ticks * nanosPerTick)));
    }

    void letGoCarried(OpenSpan span) {
        CarriedPool.process().letGo(span.carried);
        span.carried = CarriedPool.NONE;
    }

    /** Keeps an error from the program; the newest one is shown by {@code describe()}. */
    @Override
    void failed(Throwable error) {
        lastFailure = error;
        counters.increment(Counter.INTERNAL_ERRORS);
    }

    Throwable lastFailure() {
        return lastFailure;
    }

    boolean isClosed() {
        return closed;
    }

    /** Stops recording and closes the sink. What is still open ends into nothing, counted. */
    void close(long timeoutNs) {
        closed = true;
        follow(policy);
        file.recording(false);
        try {
            sink.close(timeoutNs);
        } catch (Throwable e) {
            failed(e);
        }
    }

    /** What the sink holds, 0 when it does not say. */
    long waiting() {
        try {
            return sink.waiting();
        } catch (Throwable e) {
            failed(e);
            return 0;
        }
    }

    String describeSink() {
        try {
            return sink.describe();
        } catch (Throwable e) {
            failed(e);
            return e.toString();
        }
    }
}
