package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.sampling.Decision;
import java.nio.ByteBuffer;

/**
 * How the spans of a recorder begin: by the {@link Policy} in force it is decided whether a span is recorded and
 * sampled; then it gets its record and its header, or else only what it passes on.
 */
final class Beginnings {

    private final Recorder recorder;
    private final ByteBuffer buffer;
    private final StagingPool pool;
    private final Counters counters;
    private final Anchors anchors;
    private final TickClock clock;
    /** The recorder's. */
    private final int number;

    private volatile Policy policy;

    Beginnings(Recorder recorder, Policy policy) {
        this.recorder = recorder;
        this.buffer = recorder.buffer;
        this.pool = recorder.pool;
        this.counters = recorder.counters;
        this.anchors = recorder.file.anchors();
        this.clock = recorder.clock;
        this.number = recorder.number;
        this.policy = policy;
    }

    void follow(Policy other) {
        policy = other;
    }

    Policy policy() {
        return policy;
    }

    /**
     * Opens a span: decides whether it is recorded, takes a record and fills in its header.
     *
     * @param parent null for a new trace
     * @param name carried as text when the symbol says so
     * @return null when there is no span; it is counted then
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
     * Opens the first span of a trace; none while nothing is recorded: who is called from here begins its own, so that
     * one process that is switched off, or overloaded, does not decide for all behind it.
     *
     * @param caller who has no ids, but says that the trace be denied, or has baggage; null when there is none
     */
    Span beginTrace(ThreadState thread, RemoteContext caller, int symbol, String name, SpanKind kind) {
        final Policy now = policy;
        if (!now.recording && (caller == null || !caller.saysMore())) {
            recorder.notRecorded();
            return null;
        }
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
            recorder.failed(e);
            return Decision.RECORD;
        }
    }

    private static int markOf(TraceContext parent) {
        return parent != null && parent.isDecidedElsewhere() ? TraceContext.DECIDED_ELSEWHERE : 0;
    }

    /** Opens a span that may not simply follow its parent, which is one of ours. */
    private Span beginApart(ThreadState thread, TraceContext parent, int symbol, String name, SpanKind kind) {
        final Policy now = policy;
        final boolean isParentRecorded = (parent.marks & TraceContext.UNRECORDED) == 0;
        if (now.mayRaise(parent)) {
            final long decision = decided(now, parent, randomness(parent), symbol, name);
            if (Decision.isSampled(decision) && (isParentRecorded || now.records(decision, parent.traceIdLow))) {
                final Span span = child(thread, parent, symbol, kind, parent.flags | TraceContext.SAMPLED);
                if (span != null) {
                    span.marks &= ~TraceContext.UNRECORDED;
                    carryThreshold(span, decision, false);
                }
                return span;
            }
        }
        return now.recording && isParentRecorded
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
        span.marks = parent.marks & ~TraceContext.MEASURED;
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
        final boolean closed = recorder.isClosed();
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
}
