/** The bridge's own files about the queues of the host: begin with {@link io.kraken.tracer.bridge.log.HostLog}. */
package io.kraken.tracer.bridge.log;
