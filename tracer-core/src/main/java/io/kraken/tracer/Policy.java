package io.kraken.tracer;

import io.kraken.tracer.sampling.Decision;
import io.kraken.tracer.sampling.Sampler;
import io.kraken.tracer.sampling.Samplers;

/**
 * What is recorded and what is sampled, at the moment: what the settings, those outside and the load come to. Immutable;
 * another one takes its place when any of it changes.
 */
final class Policy {

    /** A threshold that every trace reaches. */
    static final long ALL = 0;

    static final Policy EVERYTHING = new Policy(Samplers.parentBased(Samplers.alwaysOn()), true, false, ALL);
    static final Policy NOTHING = new Policy(Samplers.alwaysOff(), false, false, ALL);

    final Sampler sampler;
    final boolean recording;
    /** For the recorder's hot path: {@link Sampler#asksChildren}. */
    private final boolean asksChildren;

    private final boolean samplesOnly;
    private final long recordFrom;

    /**
     * @param recording whether anything is recorded
     * @param samplesOnly whether what is not sampled is not recorded
     * @param recordFrom what a trace's randomness must reach to be recorded, of 56 bits
     */
    Policy(Sampler sampler, boolean recording, boolean samplesOnly, long recordFrom) {
        this.sampler = sampler;
        this.recording = recording;
        this.samplesOnly = samplesOnly;
        this.recordFrom = recordFrom;
        this.asksChildren = sampler.asksChildren();
    }

    Policy off() {
        return new Policy(sampler, false, samplesOnly, recordFrom);
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
        final String path = parent instanceof RemoteContext ? ((RemoteContext) parent).path() : null;
        return sampler.decide(parent, randomness, symbol, name, path);
    }

    boolean records(long decision, long traceIdLow) {
        return recording
                && (samplesOnly ? Decision.isSampled(decision) : Decision.isRecorded(decision))
                && (traceIdLow & TraceContext.RANDOM_PART) >= recordFrom;
    }
}
