package io.kraken.tracer.bridge.queues;

/** The counters of reading a queue. */
public enum ReadCount {
    DOCUMENTS,
    /** Records in those documents. */
    SPANS,
    /** Malformed records in documents whose checksum is right. */
    MALFORMED_SPANS,
    /** Records that the process itself has left out of its documents, and counted there. */
    LEFT_OUT_SPANS,
    /** Documents that were read and are invalid. */
    REFUSED_DOCUMENTS,
    /** Documents that are missing, by the gaps in the document numbers. */
    MISSING_DOCUMENTS,
    /** Queue files whose rest was skipped: damaged, or without progress although a later file exists. */
    SKIPPED_CYCLES,
    /** Failures to open a queue or to read on. */
    FAILURES
}
