package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import java.nio.ByteBuffer;

/**
 * The tail-sampling decision: which spans are kept. The head reader {@linkplain #note notes} the traces to keep when it
 * reads their spans; the shippers {@linkplain #choose choose} spans after the decision delay. Thread-safe: each method
 * holds the monitor for at most one document.
 */
public final class TailSampler {

    private static final int SAMPLED = 1;
    private static final int ERROR = 2;
    /** The random part of a trace id, as defined by W3C Trace Context. */
    private static final long RANDOM = (1L << 56) - 1;

    private final BridgeConfig.Keep rules;
    private final long threshold;
    private final TraceSet traces;

    private long noted;
    // Kept spans of the current document, by reason.
    private long sampled;
    private long ofTrace;
    private long ofShare;

    public TailSampler(BridgeConfig.Keep rules, long seed, long nowNs) {
        this.rules = rules;
        threshold = (long) ((1 - rules.share()) * (RANDOM + 1.0));
        traces = new TraceSet(rules.traces(), rules.rememberNs(), seed, nowNs);
    }

    /** Adds the traces of spans with errors, and of slow root spans, to the set of traces to keep. */
    synchronized void note(BatchReader document, long nowNs) {
        final ByteBuffer in = document.buffer();
        for (long rest = document.soundRecords(); rest != 0; rest &= rest - 1) {
            final int at = document.offset(Long.numberOfTrailingZeros(rest));
            if (isNotable(in, at)) {
                noted++;
                traces.add(RecordLayout.traceIdHigh(in, at), RecordLayout.traceIdLow(in, at), nowNs);
            }
        }
    }

    private boolean isNotable(ByteBuffer in, int at) {
        return rules.errors() && RecordLayout.status(in, at) == ERROR
                || rules.slowNs() > 0
                        && RecordLayout.parentId(in, at) == 0
                        && RecordLayout.endTicks(in, at) - RecordLayout.startTicks(in, at) >= rules.slowNs();
    }

    /** The kept records as bits, the first record's lowest; counts them by reason. */
    public synchronized long choose(BatchReader document, EnumCounters<KeepCount> counts, long nowNs) {
        sampled = 0;
        ofTrace = 0;
        ofShare = 0;
        final ByteBuffer in = document.buffer();
        long kept = 0;
        for (long rest = document.soundRecords(); rest != 0; rest &= rest - 1) {
            if (isKept(in, document.offset(Long.numberOfTrailingZeros(rest)), nowNs)) {
                kept |= rest & -rest;
            }
        }
        counts.add(KeepCount.SAMPLED, sampled);
        counts.add(KeepCount.TRACE, ofTrace);
        counts.add(KeepCount.SHARE, ofShare);
        return kept;
    }

    private boolean isKept(ByteBuffer in, int at, long nowNs) {
        final long low = RecordLayout.traceIdLow(in, at);
        if ((RecordLayout.flags(in, at) & SAMPLED) != 0) {
            sampled++;
        } else if ((low & RANDOM) >= threshold) {
            ofShare++;
        } else if (traces.contains(RecordLayout.traceIdHigh(in, at), low, nowNs)) {
            ofTrace++;
        } else {
            return false;
        }
        return true;
    }

    /** The number of spans that caused their trace to be kept. */
    public synchronized long noted() {
        return noted;
    }

    /** The number of trace ids in the set. */
    public synchronized int remembered() {
        return traces.size();
    }

    /** The number of trace ids evicted early to stay within the memory bound. */
    public synchronized long forgottenEarly() {
        return traces.forgottenEarly();
    }
}
