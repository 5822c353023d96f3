/**
 * The command line {@code kraken-trace}: runs the bridge and reads, checks and controls what processes record.
 *
 * <p>Read {@link io.kraken.tracer.bridge.cli.KrakenTrace} first; each command is one class that implements {@code
 * Command}.
 *
 * <pre>
 *   arguments --> KrakenTrace --> Command: bridge | echo | dump | trace | stat | control | verify --> Console
 * </pre>
 *
 * <p>Only {@code KrakenTrace} is public, as the main class. Depends on the bridge, its {@code settings} and
 * {@code inspect}.
 */
package io.kraken.tracer.bridge.cli;
