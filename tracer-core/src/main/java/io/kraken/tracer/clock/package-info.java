/**
 * The clocks of a tracer: the source of ticks that spans read, and the line by which ticks become nanoseconds.
 * Internal: not part of the API, except for {@link io.kraken.tracer.clock.TickClock}.
 *
 * <p>Read {@link io.kraken.tracer.clock.TickClock} first. {@link io.kraken.tracer.clock.TscClock} chooses the clock and
 * is the cheap one; {@link io.kraken.tracer.clock.NanoClock} works everywhere.
 *
 * <pre>
 *   TscClock or NanoClock --ticks--> spans
 *        '------ticks------.
 *   Clocks.nanoTime -------+--> TickLine: rate, and whether the counter has jumped --> the engine's clock anchors
 * </pre>
 *
 * <p>Depends on no other package of the tracer.
 */
package io.kraken.tracer.clock;
