/**
 * What all agents have in common: counters, which one thread writes, and the interval of their duty cycles.
 *
 * <p>Internal: not part of the API. The package depends on no other package of the bridge.
 */
package io.kraken.tracer.bridge.report;
