/**
 * The counters of a tracer, for services that publish metrics by Micrometer. They are read from the span file when
 * metrics are scraped, without counting anything twice. Needs Micrometer on the class path only if it is used; a
 * service whose host runs the bridge has the same metrics at the bridge's {@code /metrics}.
 *
 * <p>Read {@link io.kraken.tracer.metrics.TracerMetric} first, the table from which both are made.
 *
 * <p>Depends on the API in {@link io.kraken.tracer} and on the counters in {@link io.kraken.tracer.file}.
 */
package io.kraken.tracer.metrics;
