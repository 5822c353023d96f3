/**
 * From the records to a destination inside the process: the rings that chunks go round in, the agent that sweeps the
 * chunks for ended spans, the OTLP encoder, and the sinks.
 */
package io.kraken.tracer.ring;
