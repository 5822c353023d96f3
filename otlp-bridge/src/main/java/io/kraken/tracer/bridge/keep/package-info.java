/**
 * The decision which spans are kept, and when documents are old enough for it (tail sampling).
 *
 * <p>Read {@link io.kraken.tracer.bridge.keep.TailSampler} first, then {@link
 * io.kraken.tracer.bridge.keep.HeadReader}.
 *
 * <pre>
 *   HeadReader: all queues       LookBack: searches the early spans of traces that are kept late
 *     QueueHead: one queue         |
 *       +--note(document)--------> TailSampler (TraceSet: ids of kept traces; KeptTraceLog)
 *       +--enter--> log, index     |
 *       +--DecisionDelay--choose(document)--> log: what shippers may send
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on {@code queues}, {@code log}, {@code index}, {@code settings} and {@code
 * report}.
 */
package io.kraken.tracer.bridge.keep;
