/**
 * The decision whether a trace is sampled, that is, shipped in any case. It is distinct from recording, which the
 * recorder decides: spans that are recorded and not sampled can still be kept with hindsight.
 */
package io.kraken.tracer.sampling;
