/**
 * The decision whether a trace is sampled, that is, shipped in any case. It is distinct from recording, which the
 * recorder decides: spans that are recorded and not sampled can still be kept with hindsight.
 *
 * <p>Read {@link io.kraken.tracer.sampling.Sampler} first, then {@link io.kraken.tracer.sampling.SamplingPlan}, which
 * lists the order of the decisions. A plan compiles to samplers around one another:
 *
 * <pre>
 *   span without a decision, ParentContext
 *     '--> parent --> lower bounds --> limit --> load and errors --> rules --> default --> Decision
 * </pre>
 *
 * <p>Depends on no other package of the tracer: it sees the parent of a span as a {@link
 * io.kraken.tracer.sampling.ParentContext}.
 */
package io.kraken.tracer.sampling;
