package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
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

    private final Anchors anchors;
    private final Ids ids = new Ids();
    private final ThreadLocal<ThreadState> threads = new ThreadLocal<>();
    private final Utf8Scratch[] scratches = new Utf8Scratch[SCRATCHES];
    private RecordSink sink;
    private volatile boolean closed;
    private volatile Throwable lastFailure;

    Recorder(SpanFile file, TickClock clock, Limits limits) {
        this.file = file;
        this.buffer = file.buffer();
        this.clock = clock;
        this.limits = limits;
        this.counters = file.counters();
        this.anchors = file.anchors();
        this.recordLength = file.layout().shape().recordLength();
        this.pool = new StagingPool(file, this);
        Arrays.setAll(scratches, i -> new Utf8Scratch());
    }

    void attach(RecordSink recordSink) {
        sink = recordSink;
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

    /**
     * Opens a span: takes a record and fills in its header.
     *
     * @param parent null for a new trace
     * @param name carried as text when the symbol says so
     * @return null when the span can't be recorded; it is counted then
     */
    Span begin(ThreadState thread, TraceContext parent, int symbol, String name, SpanKind kind) {
        final Span span = pool.take(thread);
        if (span == null) {
            counters.increment(Counter.STAGING_FULL, thread.stripe);
            return null;
        }
        final int base = span.home;
        span.spanId = thread.nextId();
        if (parent == null) {
            span.traceIdHigh = thread.nextId();
            span.traceIdLow = thread.nextRandom();
            span.flags = TraceContext.SAMPLED | TraceContext.RANDOM;
            span.anchor = anchors.current();
            span.startTicks = clock.ticks();
            RecordLayout.spanIds(buffer, base, span.spanId, 0);
            RecordLayout.begin(buffer, base, span.startTicks, span.flags | RecordLayout.FLAG_REMOTE_KNOWN, kind.code);
        } else {
            inherit(span, parent);
            RecordLayout.spanIds(buffer, base, span.spanId, parent.spanId);
            RecordLayout.begin(buffer, base, span.startTicks, span.flags | parent.childFlags, kind.code);
        }
        RecordLayout.traceId(buffer, base, span.traceIdHigh, span.traceIdLow);
        RecordLayout.nameAndAnchor(
                buffer, base, symbol == RecordLayout.INLINE_SYMBOL ? RecordLayout.NO_SYMBOL : symbol, span.anchor);
        RecordLayout.openRelease(buffer, base, span.lease);
        return span;
    }

    private void inherit(Span span, TraceContext parent) {
        span.traceIdHigh = parent.traceIdHigh;
        span.traceIdLow = parent.traceIdLow;
        span.flags = parent.flags;
        final long ticks = clock.ticks();
        if (parent.origin != number) {
            span.anchor = anchors.current();
            span.startTicks = ticks;
            if (parent.sampling() == Sampling.DEFERRED) {
                span.flags |= TraceContext.SAMPLED;
            }
        } else {
            span.anchor = parent.anchor;
            span.startTicks = Math.max(ticks, parent.startTicks);
        }
        if (parent.carried != CarriedPool.NONE) {
            carry(span, parent);
        }
    }

    private void carry(Span span, TraceContext parent) {
        span.carried = CarriedPool.process().inherit(parent);
        if (span.carried == CarriedPool.NONE) {
            counters.increment(Counter.CONTEXT_LOST);
        }
    }

    /** Opens the first span of a trace of which the caller says more than ids: that it be denied, or has baggage. */
    Span beginTrace(ThreadState thread, RemoteContext caller, int symbol, String name, SpanKind kind) {
        final Span span = begin(thread, null, symbol, name, kind);
        if (span != null) {
            if (caller.sampling() == Sampling.DENIED) {
                span.flags = TraceContext.RANDOM;
                RecordLayout.flags(buffer, span.home, TraceContext.RANDOM | RecordLayout.FLAG_REMOTE_KNOWN);
            }
            if (caller.carried != CarriedPool.NONE) {
                carry(span, caller);
            }
        }
        return span;
    }

    /** Records the trace state; the caller has entered the span. */
    void writeTraceState(Span span) {
        final TraceState state = CarriedPool.process().at(span.carried).state;
        if (state.length() > 0 && !span.appendBytes(RecordLayout.TRACE_STATE, state.bytes(), state.length())) {
            counters.increment(Counter.DROPPED_ENTRIES);
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

    /** Takes note of a span that was not to be recorded, without asking for what is kept for the thread. */
    void notRecorded() {
        final int stripe = (int) Thread.currentThread().getId();
        counters.increment(closed ? Counter.STARTED_CLOSED : Counter.UNRECORDED, stripe);
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
    void finish(Span span, ThreadState thread, long ticks) {
        try {
            RecordLayout.endTicks(buffer, span.base, Math.max(ticks, span.startTicks));
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
            if (span.carried != CarriedPool.NONE) {
                CarriedPool.process().letGo(span.carried);
                span.carried = CarriedPool.NONE;
            }
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
