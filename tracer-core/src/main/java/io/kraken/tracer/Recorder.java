package io.kraken.tracer;

import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.text.Utf8Scratches;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;

/** The state of a tracer that records: its memory, its clock, its threads and the policy in force. */
final class Recorder extends SpanStarter {

    /**
     * What to do when no record is free.
     *
     * @param waitNs how long a start may wait
     * @param recycles whether ending a span frees its record, because there is no exporter
     */
    record Full(long waitNs, boolean recycles) {
        static final Full RECYCLING = new Full(0, true);

        static Full of(TracerConfig config) {
            return new Full(TimeUnit.MICROSECONDS.toNanos(config.get(TracerConfig.FULL_WAIT_MICROS)), false);
        }
    }

    /** Added to the code of a span's kind: the span belongs to the thread that starts it. */
    static final int ATTACHED = 0x100;

    /** Size of the cache {@link #known}. A power of two. */
    static final int KNOWN = 256;

    /** Readings of the clock by which the cost of one is determined. */
    private static final int READINGS = 1000;

    // --- fields that every span reads

    final Memory memory;
    final Chunks chunks;
    final int recordLength;

    /** The span object of each record, by chunk and by number in the chunk, see {@link Chunks}. */
    final Span[][] spans;
    /** The address of the first record. */
    private final long firstRecord;

    private final int recordShift;
    /** Number of attributes below which a value may be appended without further checks. */
    final int fastAttributes;

    /**
     * A cache of the states of threads that may own a chunk, indexed by the low bits of the threads' numbers; it
     * touches fewer cache lines than {@link ThreadStates}. Written with plain stores: a thread that finds another
     * thread's state here, or none, looks in {@link ThreadStates}.
     */
    final ThreadState[] known = new ThreadState[KNOWN];

    private volatile RecordingPolicy policy;

    // --- other fields

    final SpanFile file;
    final SpanFileLayout layout;
    final SpanLimits limits;
    final SpillAreas spills;
    final AttributeKeys[] attributeKeys;
    final int maxAttributes;
    final int maxValueLength;
    /** Maximum length of a span in bytes, parts included. */
    final int maxLength;
    /** Bytes of a span that one part holds. */
    final int partLength;

    final ThreadStates threads = new ThreadStates();

    final Unfinished unfinished = new Unfinished(this);
    private final Ids ids = new Ids();
    final Utf8Scratches scratches = new Utf8Scratches();
    /** The cost of one reading of the clock. */
    private final long readingTicks;
    /** A data race on purpose: every value that a thread may read is accurate enough. */
    private double nanosPerTick = 1;

    BaggageAttributes baggage = BaggageAttributes.NONE;
    private RecordSink sink;
    private volatile boolean closed;
    private volatile Throwable lastFailure;

    Recorder(SpanFile file, TickClock clock, SpanLimits limits, RecordingPolicy policy, Full full) {
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

    /** The shortest time between two consecutive readings of the clock. */
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

    /** The share of all records that is not free, 0 to 1. */
    double occupancy() {
        return sink == null ? 0 : sink.occupancy();
    }

    /** Sets which baggage entries become attributes. Called before the first span. */
    void baggage(BaggageAttributes recorded) {
        baggage = recorded;
    }

    void attach(RecordSink recordSink) {
        sink = recordSink;
        chunks.attach(recordSink);
    }

    /** Puts a policy in force; a closed recorder stays off. */
    synchronized void follow(RecordingPolicy other) {
        policy = closed ? other.off() : other;
    }

    RecordingPolicy policy() {
        return policy;
    }

    Ids ids() {
        return ids;
    }

    /** The state of the calling thread, which may be inside a span. */
    ThreadState thread() {
        final ThreadState found = known[(int) ThreadIds.current() & KNOWN - 1];
        return found != null && found.isCurrentThread() ? found : lookUp(false);
    }

    /**
     * The state of the calling thread, which is about to begin something: what it left unfinished is finished first.
     */
    ThreadState settledThread() {
        final ThreadState found = known[(int) ThreadIds.current() & KNOWN - 1];
        return found != null && found.isCurrentThread() ? found : lookUp(true);
    }

    private ThreadState lookUp(boolean settles) {
        ThreadState thread = registered();
        if (thread == null) {
            thread = chunks.register(this);
            threads.add(thread, chunks.recycles() ? unfinished : null);
        }
        final int place = (int) thread.id & KNOWN - 1;
        if (thread.hasSlot()) {
            known[place] = thread;
            VarHandle.fullFence(); // orders the store before the read of unsettled; pairs with requestCheck
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

    private ThreadState registered() {
        return threads.find();
    }

    /**
     * Clears the stack of a thread that a span was taken from: its handles may soon refer to other spans. Called by the
     * exporter only, while the thread is waiting.
     */
    void dropStack(ThreadState thread, int from) {
        thread.dropStack(from);
        requestCheck(thread);
    }

    /** Makes a thread check for unfinished work before it does anything else. */
    void requestCheck(ThreadState thread) {
        thread.unsettled = true;
        VarHandle.fullFence(); // a thread whose store to the cache comes after the next line sees unsettled
        known[(int) thread.id & KNOWN - 1] = null;
    }

    /** A free record; {@link Chunks#NONE} if there is none. Exceptions of a sink do not reach the program. */
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

    /** The current frame of the calling thread; creates no state for a thread that has none. */
    Frame top() {
        final ThreadState thread = registered();
        if (thread == null) {
            return null;
        }
        unfinished.finish(thread);
        return top(thread);
    }

    /** The current frame of the thread, null if nothing is current. */
    Frame top(ThreadState thread) {
        return thread.top(spans);
    }

    // --- starting spans

    /**
     * Starts a span below the current one of the calling thread.
     *
     * @param name recorded as text if the symbol is {@link EntryLayout#INLINE_SYMBOL}
     * @param how the code of its kind, plus {@link #ATTACHED} if it belongs to the thread and becomes its current span
     */
    Span start(int symbol, String name, int how) {
        final RecordingPolicy now = policy;
        if (!now.recording) {
            return notRecorded();
        }
        try {
            final ThreadState thread = settledThread();
            if (thread.free == Long.MIN_VALUE && how >= ATTACHED && thread.measures()) {
                return startMeasured(thread, symbol, name, how);
            }
            return begin(thread, now, top(thread), symbol, name, how);
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (e instanceof ThreadDeath) {
                throw e;
            }
            unfinished.failedStarts[symbol & Unfinished.THREADS - 1]++; // the thread is not known here
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
            // The span has begun; its cost is unknown.
        }
        return span;
    }

    /** Starts a span below a parent chosen by the program; null, or a parent without ids, begins a trace. */
    Span startUnder(TraceContext parent, int symbol, String name, int how) {
        try {
            return begin(settledThread(), parent, symbol, name, how);
        } catch (Throwable e) { // no method call in this block, see Unfinished
            if (e instanceof ThreadDeath) {
                throw e;
            }
            unfinished.failedStarts[symbol & Unfinished.THREADS - 1]++; // the thread is not known here
            return Span.NOOP;
        }
    }

    private Span begin(ThreadState thread, TraceContext parent, int symbol, String name, int how) {
        final RecordingPolicy now = policy;
        TraceContext context = parent;
        if (parent == null || !parent.isValid()) {
            context = parent instanceof RemoteContext && (now.recording || ((RemoteContext) parent).carriesMore())
                    ? parent
                    : null;
        } else if (parent instanceof Span) { // another thread may be ending it: copy all of it, or nothing
            if (((Span) parent).isClosed()) {
                counters.increment(Counter.MISUSE_STALE_PARENT, thread.stripe);
            }
            context = thread.copyOf((Span) parent);
        }
        return begin(thread, now, context, symbol, name, how);
    }

    /**
     * Claims a record and begins a span in it. While nothing is recorded no trace begins: it would carry a decision to
     * all processes that are called.
     */
    private Span begin(ThreadState thread, RecordingPolicy now, TraceContext parent, int symbol, String name, int how) {
        if (!now.recording && (closed || parent == null)) {
            return notRecorded();
        }
        final boolean isOwn = how >= ATTACHED && thread.hasSlot();
        int record = Chunks.NONE;
        try {
            record = isOwn && thread.free != 0 ? thread.claim() : record(thread, isOwn);
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
                if (isInline || span.carried != TraceBaggagePool.NONE) {
                    EntryWriter.putAtStart(span, symbol, name);
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
        } catch (Throwable e) { // no method call in this block, see Unfinished
            final int halted = isOwn ? record + 1 : -record - 1;
            if (thread.halted == 0) {
                thread.halted = halted;
            } else {
                thread.haltedPart = halted; // a start by a sampler has failed before
            }
            final int failing = (int) thread.id & Unfinished.THREADS - 1;
            unfinished.failedStarts[failing]++;
            thread.unsettled = true;
            known[(int) thread.id & KNOWN - 1] = null;
            if (thread.scratch != null) { // a platform thread: ThreadStates lists it as well
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

    /** Counts a span that is not recorded, without looking up the state of the thread. */
    Span notRecorded() {
        final int stripe = (int) ThreadIds.current();
        counters.increment(closed ? Counter.STARTED_CLOSED : Counter.UNRECORDED, stripe);
        return Span.NOOP;
    }

    /**
     * Counts the cost of a span's start and end; the end began at these ticks. The cost of the one clock reading that
     * only the measurement needs is subtracted.
     */
    void measured(ThreadState thread, long endTicks) {
        final long ticks = thread.startCost() + ticks() - endTicks - readingTicks;
        counters.increment(Counter.COST_SPANS, thread.stripe);
        counters.add(Counter.COST_NANOS, Math.max(0, (long) (ticks * nanosPerTick)));
    }

    void releaseCarried(OpenSpan span) {
        TraceBaggagePool.process().release(span.carried);
        span.carried = TraceBaggagePool.NONE;
    }

    /** Hides an error from the program; {@code describe()} shows the newest one. */
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

    /** Stops recording and closes the sink. Spans that are still open are counted when they end, and not exported. */
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

    /** The number of spans that the sink holds, 0 if it fails to tell. */
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
