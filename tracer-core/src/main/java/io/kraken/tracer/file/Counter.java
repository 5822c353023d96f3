package io.kraken.tracer.file;

/**
 * The counters of a tracer, in the order in which they are stored in the span file. Started and ended spans are not
 * among them: the generations of records count these exactly and at no cost.
 */
public enum Counter {
    /** Spans of traces that are not recorded. */
    UNRECORDED("unrecorded", Hop.UNRECORDED),
    /** Spans that found no free record. */
    RECORDS_FULL("dropped.records_full", Hop.DROPPED),
    STARTED_CLOSED("dropped.started_after_close", Hop.DROPPED),
    /** Spans that ended after the tracer was closed. */
    ENDED_CLOSED("dropped.ended_after_close", Hop.DROPPED),
    /** Spans that could not be started because of an error of the JVM, such as a stack overflow. */
    FAILED("dropped.internal_error", Hop.DROPPED),

    /** Recorded spans, ended or abandoned, that the exporter has taken from their records. */
    TAKEN("taken", Hop.NONE),
    /** Unrecorded spans that have ended. */
    PASSED_TAKEN("taken.passed", Hop.NONE),
    /** Parts of spans that outgrew their record, taken with the spans. */
    PARTS_TAKEN("taken.parts", Hop.NONE),
    /** Spans that were open for longer than the setting allows, and were abandoned as records had become scarce. */
    ABANDONED("spans.abandoned", Hop.NONE),

    SHIPPED("shipped", Hop.SHIPPED),
    /** Spans appended to a queue; from there the bridge's ledger accounts for them. */
    QUEUED("queued", Hop.SHIPPED),
    /** Spans of unsampled traces, discarded because the sink keeps nothing for hindsight. */
    NOT_KEPT("not_kept.unsampled", Hop.NOT_KEPT),
    POISON("rejected.poison_record", Hop.REJECTED),
    TOO_LARGE("rejected.larger_than_a_request", Hop.REJECTED),
    SINK_ERROR("rejected.sink_error", Hop.REJECTED),
    REFUSED("rejected.by_backend", Hop.REJECTED),
    PARTIAL("rejected.partial_success", Hop.REJECTED),
    RETRIES_EXHAUSTED("rejected.retries_exhausted", Hop.REJECTED),
    CLOSE_DEADLINE("rejected.close_deadline", Hop.REJECTED),
    QUEUE_DOWN("rejected.queue_down", Hop.REJECTED),
    QUEUE_FULL("rejected.queue_full", Hop.REJECTED),

    /** Recorded spans that ended with the status ERROR. */
    ERRORS("spans.errors", Hop.NONE),
    /** Spans or values that did not fit and were truncated. */
    TRUNCATED("truncated.values", Hop.NONE),
    DROPPED_ENTRIES("truncated.entries", Hop.NONE),
    /** Exceptions without message or stack trace, because their own code did not return in time. */
    UNREAD_EXCEPTIONS("truncated.exceptions", Hop.NONE),
    SYMBOLS_FULL("symbols.inline", Hop.NONE),
    ANCHORS_LOST("clock.anchors_lost", Hop.NONE),
    ANCHORS("clock.anchors", Hop.NONE),
    /** Jumps of the counter behind the ticks, or changes of its rate. */
    CLOCK_JUMPS("clock.jumps", Hop.NONE),

    MISUSE_AFTER_END("misuse.after_end", Hop.NONE),
    MISUSE_WRONG_THREAD("misuse.wrong_thread", Hop.NONE),
    MISUSE_CONTENDED("misuse.contended", Hop.NONE),
    MISUSE_STALE_PARENT("misuse.stale_parent", Hop.NONE),
    MISUSE_OUT_OF_ORDER("misuse.out_of_order", Hop.NONE),
    MISUSE_OPEN_SCOPES("misuse.open_scopes", Hop.NONE),
    MISUSE_ARGUMENT("misuse.argument", Hop.NONE),
    INTERNAL_ERRORS("errors.internal", Hop.NONE),

    BATCHES("export.batches", Hop.NONE),
    REQUESTS("export.requests", Hop.NONE),
    RETRIES("export.retries", Hop.NONE),
    EXPORT_ERRORS("export.errors", Hop.NONE),
    EXPORT_NANOS("export.nanos", Hop.NONE),
    BYTES_SENT("export.bytes", Hop.NONE),
    NUDGES("export.nudges", Hop.NONE),

    /** Spans whose start and end were measured, and the nanoseconds these took. */
    COST_SPANS("cost.spans", Hop.NONE),
    COST_NANOS("cost.nanos", Hop.NONE),
    /** Trace states or baggages that could not be attached to a span for lack of room. */
    CONTEXT_LOST("context.lost", Hop.NONE),

    /** Control words that are damaged or invalid, and are ignored. */
    CONTROL_REFUSED("control.refused", Hop.NONE);

    /** The place of a counter in the ledger. */
    public enum Hop {
        UNRECORDED,
        DROPPED,
        SHIPPED,
        NOT_KEPT,
        REJECTED,
        NONE
    }

    private static final Counter[] ALL = values();

    private final String label;
    private final Hop hop;

    Counter(String label, Hop hop) {
        this.label = label;
        this.hop = hop;
    }

    public String label() {
        return label;
    }

    public Hop hop() {
        return hop;
    }

    static Counter of(int id) {
        return ALL[id];
    }
}
