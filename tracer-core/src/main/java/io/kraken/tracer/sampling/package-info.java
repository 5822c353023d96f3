/**
 * Whether a trace is sampled: shipped whatever happens to it. Not to be mixed up with whether it is recorded, which is
 * the recorder's business: what is recorded and not sampled can still be kept with hindsight.
 */
package io.kraken.tracer.sampling;
