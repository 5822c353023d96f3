package io.kraken.tracer.bridge;

/** What a reader of a queue met. */
enum ReadCount {
    DOCUMENTS,
    /** Records in those documents. */
    SPANS,
    /** Records that do not hold together, although the document's checksum does. */
    MALFORMED_SPANS,
    /** Records that the process itself has left out of the documents, and counted. */
    LEFT_OUT_SPANS,
    /** Documents that were read and not believed. */
    REFUSED_DOCUMENTS,
    /** Documents whose numbers were not there. */
    MISSING_DOCUMENTS,
    /** Cycles of which the rest was given up: damaged, or silent while there was a later one. */
    SKIPPED_CYCLES,
    /** Times that a queue could not be opened or read on. */
    FAILURES
}
