/**
 * Export of records to a destination inside the process: the rings that pass chunks between the recording threads and
 * the exporter, the agent that sweeps the chunks for ended spans, the OTLP encoder, and the sinks.
 */
package io.kraken.tracer.ring;
