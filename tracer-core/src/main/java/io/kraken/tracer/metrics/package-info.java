/**
 * What a tracer counts, for services that publish their metrics by Micrometer. Counters stand in the span file as ever
 * and are read when somebody scrapes; nothing is counted twice. Needs Micrometer on the class path, and only when it is
 * used; a service whose host runs the bridge has the same numbers at the bridge's {@code /metrics}.
 */
package io.kraken.tracer.metrics;
