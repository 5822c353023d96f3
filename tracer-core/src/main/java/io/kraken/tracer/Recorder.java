package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.sampling.Decision;
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
    private volatile Policy policy;
    private volatile boolean closed;
    private volatile Throwable lastFailure;

    Recorder(SpanFile file, TickClock clock, Limits limits, Policy policy) {
        this.file = file;
        this.policy = policy;
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

    // --- the beginning

    /**
     * Opens a span: decides whether it is recorded, takes a record and fills in its header.
     *
     * @param parent null for a new trace
     * @param name carried as text when the symbol says so
     * @return null when there is no room for the span; it is counted then
     */
    Span begin(ThreadState thread, TraceContext parent, int symbol, String name, SpanKind kind) {
        final Policy now = policy;
        if (parent == null) {
            return beginTrace(thread, null, symbol, name, kind);
        }
        if (parent.origin != number) {
            return beginUnderOther(thread, parent, symbol, name, kind);
        }
        return now.follows(parent)
                ? child(thread, parent, symbol, kind, parent.flags)
                : beginApart(thread, parent, symbol, name, kind);
    }

    /**
     * Opens the first span of a trace.
     *
     * @param caller who has no ids, but says that the trace be denied, or has baggage; null when there is none
     */
    Span beginTrace(ThreadState thread, RemoteContext caller, int symbol, String name, SpanKind kind) {
        final Policy now = policy;
        final long high = thread.nextId();
        final long low = thread.nextRandom();
        final long decision = decided(now, caller, low & TraceContext.RANDOM_PART, symbol, name);
        if (!now.records(decision, low)) {
            return passOn(thread, caller, high, low, decision);
        }
        final Span span = taken(thread);
        if (span == null) {
            return null;
        }
        span.traceIdHigh = high;
        span.traceIdLow = low;
        span.flags = TraceContext.RANDOM | (int) decision & TraceContext.SAMPLED;
        span.marks = markOf(caller);
        span.anchor = anchors.current();
        span.startTicks = clock.ticks();
        fill(thread, span, symbol, kind, 0, RecordLayout.FLAG_REMOTE_KNOWN);
        if (caller != null && caller.carried != CarriedPool.NONE) {
            carry(span, caller);
        }
        carryThreshold(span, decision, false);
        return span;
    }

    /** Opens a span whose parent is of another process, or of another tracer. */
    private Span beginUnderOther(ThreadState thread, TraceContext parent, int symbol, String name, SpanKind kind) {
        final Policy now = policy;
        final long decision = decided(now, parent, randomness(parent), symbol, name);
        if (!now.records(decision, parent.traceIdLow)) {
            return passOn(thread, parent, parent.traceIdHigh, parent.traceIdLow, decision);
        }
        final boolean wasSampled = parent.isSampled();
        final int flags = parent.flags & ~TraceContext.SAMPLED | (int) decision & TraceContext.SAMPLED;
        final Span span = child(thread, parent, symbol, kind, flags);
        if (span != null) {
            span.marks = markOf(parent);
            carryThreshold(span, decision, wasSampled);
        }
        return span;
    }

    /** A sampler of the program's own may do what samplers must not. */
    private long decided(Policy now, TraceContext parent, long randomness, int symbol, String name) {
        try {
            return now.decide(parent, randomness, symbol, name);
        } catch (RuntimeException e) {
            failed(e);
            return Decision.RECORD;
        }
    }

    private static int markOf(TraceContext parent) {
        return parent != null && parent.isDecidedElsewhere() ? TraceContext.DECIDED_ELSEWHERE : 0;
    }

    /** Opens a span that may not simply follow its parent, which is one of ours. */
    private Span beginApart(ThreadState thread, TraceContext parent, int symbol, String name, SpanKind kind) {
        final Policy now = policy;
        if (now.mayRaise(parent)) {
            final long decision = decided(now, parent, randomness(parent), symbol, name);
            if (Decision.isSampled(decision)) {
                final Span span = child(thread, parent, symbol, kind, parent.flags | TraceContext.SAMPLED);
                if (span != null) {
                    span.marks &= ~TraceContext.UNRECORDED;
                    carryThreshold(span, decision, false);
                }
                return span;
            }
        }
        return now.recording && (parent.marks & TraceContext.UNRECORDED) == 0
                ? child(thread, parent, symbol, kind, parent.flags)
                : passOn(thread, parent, parent.traceIdHigh, parent.traceIdLow, Decision.SAMPLE);
    }

    /** Opens a span of the parent's trace. */
    private Span child(ThreadState thread, TraceContext parent, int symbol, SpanKind kind, int flags) {
        final Span span = taken(thread);
        if (span == null) {
            return null;
        }
        span.traceIdHigh = parent.traceIdHigh;
        span.traceIdLow = parent.traceIdLow;
        span.flags = flags;
        span.marks = parent.marks;
        final long ticks = clock.ticks();
        if (parent.origin != number || (parent.marks & TraceContext.UNRECORDED) != 0) {
            span.anchor = anchors.current();
            span.startTicks = ticks;
        } else {
            span.anchor = parent.anchor;
            span.startTicks = Math.max(ticks, parent.startTicks);
        }
        if (parent.carried != CarriedPool.NONE) {
            carry(span, parent);
        }
        fill(thread, span, symbol, kind, parent.spanId, parent.childFlags);
        return span;
    }

    private Span taken(ThreadState thread) {
        final Span span = pool.take(thread);
        if (span == null) {
            counters.increment(Counter.STAGING_FULL, thread.stripe);
        }
        return span;
    }

    private void fill(ThreadState thread, Span span, int symbol, SpanKind kind, long parentId, int childFlags) {
        final int base = span.home;
        span.spanId = thread.nextId();
        RecordLayout.spanIds(buffer, base, span.spanId, parentId);
        RecordLayout.begin(buffer, base, span.startTicks, span.flags | childFlags, kind.code);
        RecordLayout.traceId(buffer, base, span.traceIdHigh, span.traceIdLow);
        RecordLayout.nameAndAnchor(
                buffer, base, symbol == RecordLayout.INLINE_SYMBOL ? RecordLayout.NO_SYMBOL : symbol, span.anchor);
        RecordLayout.openRelease(buffer, base, span.lease);
    }

    /**
     * Opens a span of which nothing is recorded: it only makes what was decided, and what is carried, known to those
     * below and to other processes. Its id is its parent's, so that who records below it names one that there is. What
     * nobody else has sampled is not sampled either.
     */
    private Span passOn(ThreadState thread, TraceContext parent, long high, long low, long decision) {
        final Span span = closed ? null : pool.take(thread);
        if (span == null) {
            counters.increment(closed ? Counter.STARTED_CLOSED : Counter.STAGING_FULL, thread.stripe);
            return null;
        }
        span.traceIdHigh = high;
        span.traceIdLow = low;
        if (parent == null) {
            span.spanId = low | 1;
            span.flags = TraceContext.RANDOM;
            span.marks = TraceContext.UNRECORDED;
            return span;
        }
        final boolean inTrace = parent.spanId != 0;
        span.spanId = inTrace ? parent.spanId : low | 1;
        span.flags = (inTrace ? parent.flags & TraceContext.RANDOM : TraceContext.RANDOM)
                | (int) decision & parent.flags & TraceContext.SAMPLED;
        span.marks = TraceContext.UNRECORDED | markOf(parent);
        if (parent.carried != CarriedPool.NONE) {
            carry(span, parent);
            carryThreshold(span, Decision.DROP, parent.isSampled());
        }
        return span;
    }

    private void carry(Span span, TraceContext parent) {
        span.carried = CarriedPool.process().inherit(parent);
        if (span.carried == CarriedPool.NONE) {
            counters.increment(Counter.CONTEXT_LOST);
        }
    }

    /** The random bits that all spans of the context's trace share. */
    private static long randomness(TraceContext of) {
        final long low = of.traceIdLow & TraceContext.RANDOM_PART;
        return of.carried == CarriedPool.NONE ? low : carriedRandomness(of, low);
    }

    private static long carriedRandomness(TraceContext of, long low) {
        final long handle = of.carried;
        long said = TraceState.NOT_SAID;
        if (handle == CarriedPool.OWN) {
            said = of.own().state.randomness();
        } else if (CarriedPool.process().hold(handle)) {
            said = CarriedPool.process().at(handle).state.randomness();
            CarriedPool.process().letGo(handle);
        }
        return said == TraceState.NOT_SAID ? low : said;
    }

    /**
     * Has the trace carry the threshold by which it was sampled; one that it was not sampled by goes.
     *
     * @param wasSampled before this decision, which leaves the threshold of the earlier one in force
     */
    private void carryThreshold(Span span, long decision, boolean wasSampled) {
        final boolean has = Decision.hasThreshold(decision);
        if (!has && (span.carried == CarriedPool.NONE || wasSampled == span.isSampled())) {
            return;
        }
        final CarriedPool carriers = CarriedPool.process();
        final long before = span.carried;
        final long after = carriers.with(before, has ? Decision.threshold(decision) : TraceState.NOT_SAID);
        if (after == CarriedPool.NONE) {
            counters.increment(Counter.CONTEXT_LOST);
            return;
        }
        span.carried = after;
        if (before != CarriedPool.NONE) {
            carriers.letGo(before);
        }
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

    /** Frees what was taken for a span that is not recorded; its end has been decided, so this happens once. */
    void finishUnrecorded(Span span, ThreadState thread) {
        counters.increment(Counter.UNRECORDED, thread.stripe);
        letGoCarried(span);
        StagingPool.release(span);
    }

    private static void letGoCarried(Span span) {
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
