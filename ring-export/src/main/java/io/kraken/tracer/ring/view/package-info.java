/**
 * Spans as Java objects, and their rendering for people: a tree in text, a waterfall for a terminal, a page for a
 * browser. Internal: not part of the API.
 *
 * <p>Read {@link io.kraken.tracer.ring.view.SpanData} first, then {@link io.kraken.tracer.ring.view.Waterfall}.
 *
 * <pre>{@code
 *  batch (SpanSource) ----+
 *  document (BatchReader) +--> SpanDecoder --> SpanData --> SpanTree --> Waterfall: text
 *  span file (FileSpans) -+                                           --> WaterfallPage: HTML
 * }</pre>
 *
 * Everything here allocates and is for development, tools and JSON; {@code io.kraken.tracer.ring.otlp} encodes records
 * without objects.
 *
 * <p>Depends on {@code io.kraken.tracer.ring.queue}, for its records, and on tracer-core.
 */
package io.kraken.tracer.ring.view;
