package io.kraken.tracer.file;

/**
 * What is counted, in the order in which it stands in the span file. How many spans were started and ended is not here:
 * the generations of records count that exactly and for free.
 */
public enum Counter {
    /** Of a trace that was not to be recorded. */
    UNRECORDED("unrecorded", Hop.UNRECORDED),
    /** No record was free. */
    RECORDS_FULL("dropped.records_full", Hop.DROPPED),
    STARTED_CLOSED("dropped.started_after_close", Hop.DROPPED),
    /** Ended when nothing of the tracer was left to take it. */
    ENDED_CLOSED("dropped.ended_after_close", Hop.DROPPED),
    /** Could not be begun, for an error of the JVM such as a stack overflow. */
    FAILED("dropped.internal_error", Hop.DROPPED),

    /** Recorded, ended or abandoned, and taken from its record by the exporter. */
    TAKEN("taken", Hop.NONE),
    /** Ended, and nothing of it was recorded. */
    PASSED_TAKEN("taken.passed", Hop.NONE),
    /** Parts of spans that outgrew their record, taken with them. */
    PARTS_TAKEN("taken.parts", Hop.NONE),
    /** Open for longer than the setting allows and taken back, since records had become scarce. */
    ABANDONED("spans.abandoned", Hop.NONE),

    SHIPPED("shipped", Hop.SHIPPED),
    /** Appended to a queue: what becomes of it there is the bridge's ledger. */
    QUEUED("queued", Hop.SHIPPED),
    /** Of a trace that is not sampled, and the sink has no place to keep it for hindsight. */
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

    /** Ended, recorded, with the status ERROR. */
    ERRORS("spans.errors", Hop.NONE),
    /** A span or value that did not fit, and was cut. */
    TRUNCATED("truncated.values", Hop.NONE),
    DROPPED_ENTRIES("truncated.entries", Hop.NONE),
    /** Exceptions of which message or stack trace could not be had in time, for their own code did not return. */
    UNREAD_EXCEPTIONS("truncated.exceptions", Hop.NONE),
    SYMBOLS_FULL("symbols.inline", Hop.NONE),
    ANCHORS_LOST("clock.anchors_lost", Hop.NONE),
    ANCHORS("clock.anchors", Hop.NONE),
    /** The counter behind the ticks has jumped, or changed its rate. */
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

    /** Spans of which start and end were measured, and what these took. */
    COST_SPANS("cost.spans", Hop.NONE),
    COST_NANOS("cost.nanos", Hop.NONE),
    /** Trace state or baggage that found no room to travel with a span. */
    CONTEXT_LOST("context.lost", Hop.NONE),

    /** Control words that are damaged or make no sense, and so are not obeyed. */
    CONTROL_REFUSED("control.refused", Hop.NONE);

    /** Where in the ledger a counter belongs. */
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
