/**
 * The decision which spans are kept, and when documents are old enough for it (tail sampling).
 *
 * <p>Read {@link io.kraken.tracer.bridge.keep.TailSampler} first, then {@link
 * io.kraken.tracer.bridge.keep.HeadReader}.
 *
 * <pre>
 *   HeadReader --note(document)--> TailSampler (TraceSet: ids of notable traces) &lt;--choose(document)-- shippers
 *       |
 *       +--seen--> DecisionDelay --passed--> HostQueue.release(index): shippers may read up to here
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on {@code queues}, {@code settings} and {@code report}.
 */
package io.kraken.tracer.bridge.keep;
