package io.kraken.tracer;

import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.process.CircuitBreaker;
import io.kraken.tracer.sampling.Decision;
import io.kraken.tracer.sampling.Sampler;
import io.kraken.tracer.sampling.Samplers;
import io.kraken.tracer.sampling.SamplingPlan;

/**
 * The policy in force: which traces are recorded and which are sampled, the result of settings, control words and load.
 * Immutable; a change creates a new one.
 */
final class RecordingPolicy {

    /** Parent-based, always on. */
    static final RecordingPolicy EVERYTHING =
            new RecordingPolicy(SamplingPlan.byDefault().compile(), true, false, closed());

    static final RecordingPolicy NOTHING = new RecordingPolicy(Samplers.alwaysOff(), false, false, closed());

    final Sampler sampler;
    final boolean recording;
    /** {@link Sampler#asksChildren}, copied for the recorder's hot path. */
    private final boolean asksChildren;

    private final boolean samplesOnly;
    /** The sampler's decision for traces that begin here, if it is constant; else negative. */
    private final long decidesAlways;

    private final CircuitBreaker breaker;
    /** Copied from the breaker; each change of its state makes a new policy. */
    private final long recordFrom;

    /**
     * @param recording whether anything is recorded
     * @param samplesOnly whether only sampled traces are recorded
     * @param breaker decides which traces are recorded while it probes
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

    /** Whether a child of one of our own spans follows its parent without a decision. */
    boolean follows(TraceContext parent) {
        return recording && (parent.marks & TraceContext.UNRECORDED) == 0 && (!asksChildren || parent.isSampled());
    }

    /** Whether a child may be sampled although its parent is not. */
    boolean mayRaise(TraceContext parent) {
        return recording && asksChildren && !parent.isSampled() && (parent.marks & TraceContext.DECIDED_ELSEWHERE) == 0;
    }

    /** While nothing is recorded a new trace is not sampled; decisions of other processes are passed on. */
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
