package io.kraken.tracer.bridge;

/**
 * What a destination did with the spans that were read for it: {@code READ = SENT + REJECTED + REFUSED + NOT_KEPT +
 * MALFORMED + TOO_LARGE + LOST} and those that wait.
 */
enum ShipCount {
    READ,
    /** Acknowledged. */
    SENT,
    /** Taken and thrown away by the destination, as it said itself. */
    REJECTED,
    /** In requests that were answered with no, for ever. */
    REFUSED,
    /** Of traces that no rule wants. */
    NOT_KEPT,
    MALFORMED,
    /** Not even an empty request has room for them. */
    TOO_LARGE,
    /** Deleted before they could be shipped, to hold the disk to its cap. */
    LOST,

    // How they were chosen.
    KEPT_SAMPLED,
    KEPT_TRACE,
    KEPT_SHARE,

    // How they were sent.
    REQUESTS,
    RETRIES,
    BYTES,
    /** Times that the position could not be written. */
    POSITION_FAILURES
}
