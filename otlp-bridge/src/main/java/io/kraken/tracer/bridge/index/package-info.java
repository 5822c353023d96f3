/**
 * The trace index: which documents of a queue file hold spans of a trace, so that a trace that is kept late, or that an
 * operator asks for, is found without reading all documents of the last minutes.
 *
 * <p>Read {@link io.kraken.tracer.bridge.index.TraceIndexLayout} first: it is the format of an index file, of which
 * there is one for each queue file.
 *
 * <pre>
 *   head reader --add(document)--> TraceIndexWriter --segments--> index file &lt;-- TraceIndexFile &lt;-- searcher
 *                                                                    ^ ^
 *                               TraceIndexMerge: fewer segments -----+ |
 *   queue file --QueueTailer--> TraceIndexRebuild ---------------------+  if it is missing or damaged
 * </pre>
 *
 * An index only saves time. A searcher knows which documents an index does not cover, because it was not written yet,
 * could not be written, or is damaged, and reads those documents instead.
 *
 * <p>Internal: not part of the API. Depends on no other package of the bridge.
 */
package io.kraken.tracer.bridge.index;
