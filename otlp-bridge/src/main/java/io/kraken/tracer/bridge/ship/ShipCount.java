package io.kraken.tracer.bridge.ship;

/**
 * The counters of one destination. Its ledger balances: {@code READ = SENT + REJECTED + REFUSED + NOT_KEPT + MALFORMED
 * + TOO_LARGE + UNREADABLE + LOST} + waiting spans.
 */
public enum ShipCount {
    READ,
    /** Acknowledged. */
    SENT,
    /** Rejected by the destination in an accepted request (partial success). */
    REJECTED,
    /** In requests that the destination has permanently refused. */
    REFUSED,
    /** Of traces that no rule keeps. */
    NOT_KEPT,
    MALFORMED,
    /** Larger than an empty request has room for. */
    TOO_LARGE,
    /** In documents that could be read once and cannot be read any more. */
    UNREADABLE,
    /** Deleted before they were shipped, because the disk limit was reached. */
    LOST,

    // Requests.
    REQUESTS,
    RETRIES,
    BYTES,
    /** Failures to write the position. */
    POSITION_FAILURES
}
