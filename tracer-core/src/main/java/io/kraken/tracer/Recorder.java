package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** What is behind a tracer that records: the beginning and the end of every span's way through the span file. */
final class Recorder {

    /** What a span may hold, by OpenTelemetry's names. */
    record Limits(int attributes, int events, int links, int detailAttributes, int valueLength) {}

    private static final int READINGS = 1000;
    private static final int SCRATCHES = 32;
    private static final int SCRATCH_TRIES = 4;

    private static final AtomicInteger NUMBERS = new AtomicInteger(TraceContext.REMOTE);

    final SpanFile file;
    /** No other recorder of this process has it. */
    final int number = NUMBERS.incrementAndGet();

    final ByteBuffer buffer;
    final TickClock clock;
    final StagingPool pool;
    final Counters counters;
    final Limits limits;
    final int recordLength;
    final Beginnings beginnings;

    private final Ids ids = new Ids();
    private final ThreadLocal<ThreadState> threads = new ThreadLocal<>();
    private final Utf8Scratch[] scratches = new Utf8Scratch[SCRATCHES];
    private final long readingTicks;
    /** Racy on purpose: a rate is better than none. */
    private double nanosPerTick = 1;

    private BaggageAttributes baggage = BaggageAttributes.NONE;
    private RecordSink sink;
    private volatile boolean closed;
    private volatile Throwable lastFailure;

    Recorder(SpanFile file, TickClock clock, Limits limits, Policy policy) {
        this.file = file;
        this.buffer = file.buffer();
        this.clock = clock;
        this.limits = limits;
        this.counters = file.counters();
        this.recordLength = file.layout().shape().recordLength();
        this.pool = new StagingPool(file, this);
        this.readingTicks = readingTicks(clock);
        this.beginnings = new Beginnings(this, policy);
        Arrays.setAll(scratches, i -> new Utf8Scratch());
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

    /** Before the first span. */
    void baggage(BaggageAttributes recorded) {
        baggage = recorded;
    }

    void attach(RecordSink recordSink) {
        sink = recordSink;
    }

    /** From here on; one that is closed stays so. */
    synchronized void follow(Policy other) {
        beginnings.follow(closed ? other.off() : other);
    }

    Policy policy() {
        return beginnings.policy();
    }

    Ids ids() {
        return ids;
    }

    private ThreadState newThread() {
        final ThreadState thread = pool.welcome(counters, ids);
        thread.laneHint = thread.stripe;
        threads.set(thread);
        return thread;
    }

    ThreadState thread() {
        final ThreadState known = threads.get();
        return known != null ? known : newThread();
    }

    /** What is current on the calling thread, for which nothing is made if it never had anything. */
    Frame top() {
        final ThreadState known = threads.get();
        return known == null ? null : top(known);
    }

    /** What is current on the thread, null when nothing is. */
    Frame top(ThreadState thread) {
        return thread.top(pool.spans);
    }

    /** Records the trace state, and of the baggage what is to be; the caller has entered the span. */
    void writeCarried(Span span) {
        final Carried carried = CarriedPool.process().at(span.carried);
        final TraceState state = carried.state;
        if (state.length() > 0 && !span.appendBytes(RecordLayout.TRACE_STATE, state.bytes(), state.length())) {
            counters.increment(Counter.DROPPED_ENTRIES);
        }
        if (carried.baggage.length() > 0) {
            baggage.write(span, carried.baggage);
        }
    }

    /** The caller has entered the span. */
    void putBaggage(Span span, String key, String value) {
        if (!Baggage.isKey(key)) {
            counters.increment(Counter.MISUSE_ARGUMENT);
            return;
        }
        final CarriedPool pool = CarriedPool.process();
        final long before = span.carried;
        final long after = pool.with(before, key, value);
        if (after == CarriedPool.NONE) {
            counters.increment(Counter.CONTEXT_LOST);
            return;
        }
        span.carried = after;
        if (before != CarriedPool.NONE) {
            pool.letGo(before);
        }
        final Frame top = top(thread());
        if (top instanceof Scope) {
            ((Scope) top).follow(span);
        }
    }

    /** A common scratch, to be let go; null when all that were tried are in use. */
    Utf8Scratch holdScratch() {
        int next = (int) Thread.currentThread().getId();
        for (int i = 0; i < SCRATCH_TRIES; i++, next++) {
            final Utf8Scratch scratch = scratches[next & SCRATCHES - 1];
            if (scratch.tryHold()) {
                return scratch;
            }
        }
        return null;
    }

    /** False while nothing is recorded, whatever a sampler would say. */
    boolean isRecording() {
        return beginnings.policy().recording;
    }

    /** Takes note of a span of which there is nothing, without asking for what is kept for the thread. */
    Span notRecorded() {
        final int stripe = (int) Thread.currentThread().getId();
        counters.increment(closed ? Counter.STARTED_CLOSED : Counter.UNRECORDED, stripe);
        return Span.NOOP;
    }

    /** Gives a span a name; the caller has entered the span. */
    void writeName(Span span, int symbol, String name) {
        if (symbol != RecordLayout.INLINE_SYMBOL) {
            RecordLayout.name(buffer, span.base, symbol);
        } else {
            RecordLayout.name(buffer, span.base, RecordLayout.NO_SYMBOL);
            span.appendText(RecordLayout.NAME, name);
            counters.increment(Counter.SYMBOLS_FULL);
        }
    }

    /** Hands a span's record on and frees it; the span itself is closed already, so this happens once. */
    void finish(SpanLife span, ThreadState thread, long ticks) {
        try {
            RecordLayout.endTicks(buffer, span.base, Math.max(ticks, span.startTicks));
            if (RecordLayout.status(buffer, span.base) == StatusCode.ERROR.ordinal()) {
                counters.increment(Counter.ERRORS, thread.stripe);
            }
            final int lane = sink.publish(
                    span.base, span.position - span.base, thread.laneHint, span.thrownCount == 0 ? null : span.thrown);
            if (lane >= 0) {
                thread.laneHint = lane;
            } else {
                dropped(lane, thread);
            }
        } catch (Throwable e) { // a stack overflow, or a defect: never the program's problem
            counters.increment(Counter.FAILED, thread.stripe);
            failed(e);
        } finally {
            letGoCarried(span);
            final int base = span.base;
            final boolean outgrown = base != span.home;
            if (outgrown || span.thrownCount != 0) {
                span.closeRecord();
            }
            StagingPool.release(span);
            if (outgrown) {
                pool.releaseOverflow(base); // not before readers can see that it is no longer this span's
            }
        }
    }

    /**
     * Counts what the start and the end of a span have cost, of which the end began at these ticks. There is one
     * reading of the clock in it that would not be there otherwise.
     */
    void measured(ThreadState thread, long endTicks) {
        final long ticks = thread.startCost + clock.ticks() - endTicks - readingTicks;
        counters.increment(Counter.COST_SPANS, thread.stripe);
        counters.add(Counter.COST_NANOS, Math.max(0, (long) (ticks * nanosPerTick)));
    }

    /** Frees what was taken for a span that is not recorded; its end has been decided, so this happens once. */
    void finishUnrecorded(SpanLife span) {
        letGoCarried(span);
        pool.releaseUnrecorded(span);
    }

    private static void letGoCarried(SpanLife span) {
        if (span.carried != CarriedPool.NONE) {
            CarriedPool.process().letGo(span.carried);
            span.carried = CarriedPool.NONE;
        }
    }

    private void dropped(int result, ThreadState thread) {
        final Counter reason = result == RecordSink.FULL
                ? Counter.LANES_FULL
                : result == RecordSink.BUSY ? Counter.LANES_BUSY : Counter.ENDED_CLOSED;
        counters.increment(reason, thread.stripe);
    }

    /** Keeps an error from the program; the newest one is shown by {@code describe()}. */
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
        follow(policy());
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
