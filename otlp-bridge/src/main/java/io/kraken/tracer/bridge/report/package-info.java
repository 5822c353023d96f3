/**
 * The counters of agents, which one thread writes.
 *
 * <p>Internal: not part of the API. The package depends on no other package of the bridge.
 */
package io.kraken.tracer.bridge.report;
