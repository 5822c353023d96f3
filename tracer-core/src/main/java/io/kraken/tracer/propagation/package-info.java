/**
 * The header formats in which contexts pass between processes, with trace state and baggage.
 *
 * <p>{@link io.kraken.tracer.propagation.HeaderGetter}, {@link io.kraken.tracer.propagation.HeaderSetter} and the types
 * of their parameters are part of the API, all else is internal. Read {@link io.kraken.tracer.propagation.Propagator}
 * first; {@code W3cPropagator} is the simplest format.
 *
 * <pre>
 *   carrier --HeaderGetter--> HeaderValues --> Propagator --> ExtractedContext: the engine's RemoteContext
 *
 *   the engine's InjectionBuffer: InjectedContext --> Propagator --HeaderText--> HeaderSetter --> carrier
 * </pre>
 *
 * <p>Depends on {@link io.kraken.tracer.text}, for digits, and on {@link io.kraken.tracer.sampling}, for decisions and
 * thresholds. It does not know the contexts of the engine.
 */
package io.kraken.tracer.propagation;
