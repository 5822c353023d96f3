package io.kraken.tracer;

import io.kraken.tracer.clock.NanoClock;
import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.propagation.TraceState;
import io.kraken.tracer.sampling.Decision;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The part of a {@link Recorder} that places a new span in a trace: sets its ids, flags, trace state and baggage, and
 * decides by the {@link RecordingPolicy}, which its caller has read once, whether it is recorded. The most frequent
 * case, a child of one of our own spans, comes first.
 *
 * <p>The new span object is only written, never read, since it was last touched long ago: a store does not wait for its
 * cache line, a load does.
 */
abstract class SpanStarter {

    private static final AtomicInteger NUMBERS = new AtomicInteger(TraceContext.REMOTE);

    /** Unique among the recorders of this process. */
    final int number = NUMBERS.incrementAndGet();

    final TickClock clock;
    private final boolean isNanoTime;
    /** The anchor for a trace that begins now. */
    private volatile int anchor;

    final Counters counters;

    /** Whether the tracer records nothing, and therefore begins no trace. */
    private final boolean passesOnly;

    SpanStarter(TickClock clock, Counters counters, boolean passesOnly) {
        this.passesOnly = passesOnly;
        this.clock = clock;
        this.isNanoTime = clock instanceof NanoClock;
        this.counters = counters;
    }

    /** The clock's ticks; for nanoTime without the virtual call. */
    final long ticks() {
        return isNanoTime ? System.nanoTime() : clock.ticks();
    }

    final void anchor(int newest) {
        anchor = newest;
    }

    /** Hides an error from the program. */
    abstract void failed(Throwable error);

    /**
     * Fills in the context of a span.
     *
     * @param parent null for a new trace; without ids if a caller has sent only baggage or a decision
     * @param name recorded as text if the symbol is inline
     * @return whether the span is recorded
     */
    final boolean fill(
            Span span, ThreadState thread, RecordingPolicy policy, TraceContext parent, int symbol, String name) {
        if (parent == null) {
            return beginTrace(span, thread, policy, null, symbol, name);
        }
        if (parent.origin != number) {
            return parent.isValid() || passesOnly
                    ? beginUnderOther(span, thread, policy, parent, symbol, name)
                    : beginTrace(span, thread, policy, (RemoteContext) parent, symbol, name);
        }
        if (policy.follows(parent)) {
            child(span, thread, parent, parent.flags, parent.marks);
            return true;
        }
        return beginApart(span, thread, policy, parent, symbol, name);
    }

    /** A span of the parent's trace. */
    private void child(Span span, ThreadState thread, TraceContext parent, int flags, int marks) {
        span.context(parent.traceIdHigh, parent.traceIdLow, flags, marks & ~TraceContext.MEASURED);
        span.spanId = thread.nextId();
        final long ticks = ticks();
        if (parent.origin != number || (parent.marks & TraceContext.UNRECORDED) != 0) {
            span.time(anchor, ticks);
        } else {
            span.time(parent.anchor, Math.max(ticks, parent.startTicks));
        }
        carry(span, parent);
    }

    /** The first span of a trace. */
    private boolean beginTrace(
            Span span, ThreadState thread, RecordingPolicy policy, RemoteContext caller, int symbol, String name) {
        final long high = thread.nextId();
        final long low = thread.nextRandom();
        final long decision = decided(thread, policy, caller, low & TraceContext.RANDOM_PART, symbol, name);
        if (!policy.records(decision, low)) {
            passOn(span, caller, high, low, decision);
            return false;
        }
        span.context(high, low, TraceContext.RANDOM | (int) decision & TraceContext.SAMPLED, markOf(caller));
        span.spanId = thread.nextId();
        span.time(anchor, ticks());
        carry(span, caller);
        carryThreshold(span, decision, false);
        return true;
    }

    /** A span whose parent belongs to another process or tracer. */
    private boolean beginUnderOther(
            Span span, ThreadState thread, RecordingPolicy policy, TraceContext parent, int symbol, String name) {
        final long decision = decided(thread, policy, parent, randomness(parent), symbol, name);
        if (!policy.records(decision, parent.traceIdLow)) {
            passOn(span, parent, parent.traceIdHigh, parent.traceIdLow, decision);
            return false;
        }
        final int flags = parent.flags & ~TraceContext.SAMPLED | (int) decision & TraceContext.SAMPLED;
        child(span, thread, parent, flags, markOf(parent));
        carryThreshold(span, decision, parent.isSampled());
        return true;
    }

    /** A child of one of our spans that needs a decision of its own. */
    private boolean beginApart(
            Span span, ThreadState thread, RecordingPolicy policy, TraceContext parent, int symbol, String name) {
        final boolean isParentRecorded = (parent.marks & TraceContext.UNRECORDED) == 0;
        if (policy.mayRaise(parent)) {
            final long decision = decided(thread, policy, parent, randomness(parent), symbol, name);
            if (Decision.isSampled(decision) && (isParentRecorded || policy.records(decision, parent.traceIdLow))) {
                final int marks = parent.marks & ~TraceContext.UNRECORDED;
                child(span, thread, parent, parent.flags | TraceContext.SAMPLED, marks);
                carryThreshold(span, decision, false);
                return true;
            }
        }
        if (policy.recording && isParentRecorded) {
            child(span, thread, parent, parent.flags, parent.marks);
            return true;
        }
        passOn(span, parent, parent.traceIdHigh, parent.traceIdLow, Decision.SAMPLE);
        return false;
    }

    /** Asks the sampler. One of the program's own may do what samplers must not: throw, or start spans. */
    private long decided(
            ThreadState thread, RecordingPolicy policy, TraceContext parent, long randomness, int symbol, String name) {
        thread.deciding++;
        try {
            return policy.decide(parent, randomness, symbol, name);
        } catch (ThreadDeath e) {
            throw e;
        } catch (Throwable e) {
            failed(e);
            return Decision.RECORD;
        } finally {
            thread.deciding--;
        }
    }

    private static int markOf(TraceContext parent) {
        return parent != null && parent.isDecidedElsewhere() ? TraceContext.DECIDED_ELSEWHERE : 0;
    }

    /**
     * Fills in a span that is not recorded. It propagates decision, trace state and baggage to children and other
     * processes. It reuses its parent's id, so that a span recorded below it names an existing parent. It is sampled
     * only if another process has sampled it. No clock is read.
     */
    private void passOn(Span span, TraceContext parent, long high, long low, long decision) {
        if (parent == null) {
            span.context(high, low, TraceContext.RANDOM, TraceContext.UNRECORDED);
            span.spanId = low | 1;
            span.carried = TraceBaggagePool.NONE;
            return;
        }
        final boolean inTrace = parent.spanId != 0;
        final int flags = (inTrace ? parent.flags & TraceContext.RANDOM : TraceContext.RANDOM)
                | (int) decision & parent.flags & TraceContext.SAMPLED;
        span.context(high, low, flags, TraceContext.UNRECORDED | markOf(parent));
        span.spanId = inTrace ? parent.spanId : low | 1;
        carry(span, parent);
        if (parent.carried != TraceBaggagePool.NONE) {
            carryThreshold(span, Decision.DROP, parent.isSampled());
        }
    }

    private void carry(Span span, TraceContext parent) {
        if (parent == null || parent.carried == TraceBaggagePool.NONE) {
            span.carried = TraceBaggagePool.NONE;
            return;
        }
        span.carried = TraceBaggagePool.process().inherit(parent);
        if (span.carried == TraceBaggagePool.NONE) {
            counters.increment(Counter.CONTEXT_LOST);
        }
    }

    /** The random bits shared by all spans of the context's trace. */
    private static long randomness(TraceContext of) {
        final long low = of.traceIdLow & TraceContext.RANDOM_PART;
        return of.carried == TraceBaggagePool.NONE ? low : carriedRandomness(of, low);
    }

    private static long carriedRandomness(TraceContext of, long low) {
        final long handle = of.carried;
        long explicit = TraceState.ABSENT;
        if (handle == TraceBaggagePool.OWN) {
            explicit = of.own().state.randomness();
        } else {
            final TraceBaggage held = TraceBaggagePool.process().borrow(handle);
            if (held != null) {
                try {
                    explicit = held.state.randomness();
                    TraceBaggagePool.process().release(handle);
                } catch (Throwable e) { // no method call in this block
                    held.unreleased++;
                    throw e;
                }
            }
        }
        return explicit == TraceState.ABSENT ? low : explicit;
    }

    /**
     * Puts the threshold of a decision into the trace state, or removes a threshold by which the trace was not sampled.
     *
     * @param wasSampled whether it was sampled before this decision; then the earlier threshold stays in force
     */
    private void carryThreshold(Span span, long decision, boolean wasSampled) {
        final boolean has = Decision.hasThreshold(decision);
        if (!has && (span.carried == TraceBaggagePool.NONE || wasSampled == span.isSampled())) {
            return;
        }
        final TraceBaggagePool pool = TraceBaggagePool.process();
        final long before = span.carried;
        final long after = pool.with(before, has ? Decision.threshold(decision) : TraceState.ABSENT);
        if (after == TraceBaggagePool.NONE) {
            counters.increment(Counter.CONTEXT_LOST);
            return;
        }
        pool.replace(span, before, after);
    }
}
