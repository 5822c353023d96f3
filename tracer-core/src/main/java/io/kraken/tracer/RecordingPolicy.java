package io.kraken.tracer;

import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.sampling.Decision;
import io.kraken.tracer.sampling.Sampler;
import io.kraken.tracer.sampling.Samplers;
import io.kraken.tracer.sampling.SamplingPlan;

/**
 * What is recorded and what is sampled, at the moment: what the settings, those outside and the load come to.
 * Immutable; another one takes its place when any of it changes.
 */
final class RecordingPolicy {

    /** Parent-based, always on. */
    static final RecordingPolicy EVERYTHING =
            new RecordingPolicy(SamplingPlan.byDefault().compile(), true, false, closed());

    static final RecordingPolicy NOTHING = new RecordingPolicy(Samplers.alwaysOff(), false, false, closed());

    final Sampler sampler;
    final boolean recording;
    /** For the recorder's hot path: {@link Sampler#asksChildren}. */
    private final boolean asksChildren;

    private final boolean samplesOnly;
    /** The sampler's decision for traces that begin here, where it is always the same; else negative. */
    private final long decidesAlways;

    private final CircuitBreaker breaker;
    /** The breaker's, whose every change makes a new policy. */
    private final long recordFrom;

    /**
     * @param recording whether anything is recorded
     * @param samplesOnly whether what is not sampled is not recorded
     * @param breaker which traces are recorded while it probes
     */
    RecordingPolicy(Sampler sampler, boolean recording, boolean samplesOnly, CircuitBreaker breaker) {
        this.sampler = sampler;
        this.recording = recording;
        this.samplesOnly = samplesOnly;
        this.breaker = breaker;
        this.recordFrom = breaker.recordFrom();
        this.decidesAlways = sampler.decidesAlways();
        this.asksChildren = sampler.asksChildren();
    }

    private static CircuitBreaker closed() {
        return new CircuitBreaker(
                CircuitBreaker.SAMPLED_THRESHOLD_DEFAULT,
                CircuitBreaker.THRESHOLD_DEFAULT,
                CircuitBreaker.COOL_DOWN_DEFAULT.toNanos());
    }

    RecordingPolicy off() {
        return new RecordingPolicy(sampler, false, samplesOnly, breaker);
    }

    /** Whether there is nothing to decide about a child of one of our own spans. */
    boolean follows(TraceContext parent) {
        return recording && (parent.marks & TraceContext.UNRECORDED) == 0 && (!asksChildren || parent.isSampled());
    }

    /** Whether a child may be sampled though its parent is not. */
    boolean mayRaise(TraceContext parent) {
        return recording && asksChildren && !parent.isSampled() && (parent.marks & TraceContext.DECIDED_ELSEWHERE) == 0;
    }

    /** A new trace does not begin sampled while nothing is recorded; what others have decided is passed on. */
    long decide(TraceContext parent, long randomness, int symbol, String name) {
        if (!recording) {
            return parent != null && parent.isSampled() ? Decision.SAMPLE : Decision.DROP;
        }
        if (parent == null && decidesAlways >= 0) {
            return decidesAlways;
        }
        final String path = parent instanceof RemoteContext ? ((RemoteContext) parent).path() : null;
        return sampler.decide(parent, randomness, numbered(symbol), name, path);
    }

    private static int numbered(int symbol) {
        return symbol == EntryLayout.INLINE_SYMBOL ? -1 : symbol;
    }

    boolean records(long decision, long traceIdLow) {
        return recording
                && (samplesOnly ? Decision.isSampled(decision) : Decision.isRecorded(decision))
                && (traceIdLow & TraceContext.RANDOM_PART) >= recordFrom;
    }
}
