package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.log.KeptTraceLog;
import io.kraken.tracer.bridge.log.KeptTraceLog.Reason;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.concurrent.EpochNanoClock;

/**
 * The tail-sampling decision: which spans are kept that were not sampled at the root of their trace. The head reader
 * {@linkplain #note notes} the traces to keep when it reads their spans, and {@linkplain #choose chooses} spans after
 * the decision delay. Used by the head reader; the counts can be read by any thread.
 */
public final class TailSampler implements AutoCloseable {

    private static final int SAMPLED = 1;
    private static final int ERROR = 2;
    /** The random part of a trace id, as defined by W3C Trace Context. */
    private static final long RANDOM = (1L << 56) - 1;

    private volatile BridgeConfig.Keep configured;
    /** Those in force. */
    private BridgeConfig.Keep rules;

    private long threshold;
    private final TraceSet traces;
    /** Keeps the ids across restarts. */
    private final KeptTraceLog log;

    private final LookBack lookBack;
    private final EpochNanoClock timeOfDay;
    private final EnumCounters<KeepCount> counts = new EnumCounters<>(KeepCount.class);

    private volatile long noted;
    private volatile int remembered;
    private volatile long forgottenEarly;

    /** Reads the ids that were kept before the start. */
    public TailSampler(BridgeConfig.Keep rules, HostLog hostLog, EpochNanoClock timeOfDay, long seed, long nowNs)
            throws IOException {
        configured = rules;
        this.rules = rules;
        log = hostLog.keptTraces(rules.traces());
        lookBack = new LookBack(hostLog);
        this.timeOfDay = timeOfDay;
        threshold = threshold(rules);
        traces = new TraceSet(rules.traces(), rules.rememberNs(), seed, nowNs);
        log.read(timeOfDay.nanoTime() - rules.rememberNs(), (high, low, timeNs) -> {
            traces.add(high, low, nowNs);
            if (timeNs >= log.searchedUntilNs()) {
                lookBack.add(high, low);
            }
        });
        publish();
    }

    private static long threshold(BridgeConfig.Keep rules) {
        return (long) ((1 - rules.share()) * (RANDOM + 1.0));
    }

    /** Changes the rules, except for the number of ids. Any thread; in force after {@link #applyRules}. */
    public void configure(BridgeConfig.Keep changed) {
        configured = changed;
    }

    /** Called by the head reader between two documents. */
    void applyRules() {
        final BridgeConfig.Keep changed = configured;
        if (changed != rules) {
            rules = changed;
            threshold = threshold(changed);
            traces.keepFor(changed.rememberNs());
        }
    }

    private void publish() {
        remembered = traces.size();
        forgottenEarly = traces.forgottenEarly();
    }

    /** The records that were sampled at the root of their trace, as bits, the first record's lowest. */
    static long sampled(BatchReader document) {
        final ByteBuffer in = document.buffer();
        long sampled = 0;
        for (long rest = document.soundRecords(); rest != 0; rest &= rest - 1) {
            if (isSampled(in, document.offset(Long.numberOfTrailingZeros(rest)))) {
                sampled |= rest & -rest;
            }
        }
        return sampled;
    }

    private static boolean isSampled(ByteBuffer in, int at) {
        return (RecordLayout.flags(in, at) & SAMPLED) != 0;
    }

    /** Keeps the traces of spans with errors, and of slow root spans. */
    void note(BatchReader document, long nowNs) {
        final ByteBuffer in = document.buffer();
        long notable = 0;
        for (long rest = document.soundRecords(); rest != 0; rest &= rest - 1) {
            final int at = document.offset(Long.numberOfTrailingZeros(rest));
            final Reason reason = reason(in, at);
            if (reason != null) {
                notable++;
                keep(RecordLayout.traceIdHigh(in, at), RecordLayout.traceIdLow(in, at), reason, nowNs);
            }
        }
        if (notable > 0) {
            noted += notable;
            publish();
        }
    }

    private void keep(long high, long low, Reason reason, long nowNs) {
        if (traces.add(high, low, nowNs)) {
            log.add(high, low, reason, timeOfDay.nanoTime());
            lookBack.add(high, low);
        }
    }

    /** Why the span's trace is kept; null: no reason. */
    private Reason reason(ByteBuffer in, int at) {
        if (rules.errors() && RecordLayout.status(in, at) == ERROR) {
            return Reason.ERROR;
        }
        final boolean isSlow = rules.slowNs() > 0
                && RecordLayout.parentId(in, at) == 0
                && RecordLayout.endTicks(in, at) - RecordLayout.startTicks(in, at) >= rules.slowNs();
        return isSlow ? Reason.SLOW : null;
    }

    /** Whether any span is kept that was not sampled at the root. */
    boolean keepsUnsampled() {
        return rules.share() > 0 || traces.size() > 0;
    }

    /** The kept records that were not sampled at the root, as bits, the first record's lowest; counts them by reason. */
    long choose(BatchReader document, long nowNs) {
        final ByteBuffer in = document.buffer();
        long kept = 0;
        long ofShare = 0;
        for (long rest = document.soundRecords(); rest != 0; rest &= rest - 1) {
            final int at = document.offset(Long.numberOfTrailingZeros(rest));
            if (isSampled(in, at)) {
                continue;
            }
            final long low = RecordLayout.traceIdLow(in, at);
            if ((low & RANDOM) >= threshold) {
                kept |= rest & -rest;
                ofShare++;
            } else if (traces.contains(RecordLayout.traceIdHigh(in, at), low, nowNs)) {
                kept |= rest & -rest;
            }
        }
        counts.add(KeepCount.SHARE, ofShare);
        counts.add(KeepCount.TRACE, Long.bitCount(kept) - ofShare);
        publish();
        return kept;
    }

    LookBack lookBack() {
        return lookBack;
    }

    /** Notes that the early spans of all traces kept so far have been searched. */
    void lookedBack() {
        log.searchedUntil(timeOfDay.nanoTime());
    }

    /** Counts spans that were sampled at the root. */
    void countSampled(int spans) {
        counts.add(KeepCount.SAMPLED, spans);
    }

    @Override
    public void close() {
        log.close();
    }

    // --- for metrics; any thread

    /** The kept spans, by reason. */
    public EnumCounters<KeepCount> counts() {
        return counts;
    }

    /** The number of spans that caused their trace to be kept. */
    public long noted() {
        return noted;
    }

    /** The number of traces whose early spans were searched. */
    public long lookedBackTraces() {
        return lookBack.searched();
    }

    /** The number of traces whose early spans were not searched, since too many were waiting. */
    public long lookBacksDropped() {
        return lookBack.dropped();
    }

    /** The number of early spans found and kept. */
    public long lateSpans() {
        return lookBack.found();
    }

    /** The number of trace ids in the set. */
    public int remembered() {
        return remembered;
    }

    /** The number of trace ids evicted early to stay within the memory bound. */
    public long forgottenEarly() {
        return forgottenEarly;
    }
}
