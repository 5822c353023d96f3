/**
 * From the lanes to a destination inside the process: the rings that ended spans go through, the agent that empties
 * them, the OTLP encoder, and the sinks.
 */
package io.kraken.tracer.ring;
