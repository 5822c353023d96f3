/**
 * The command line, {@code kraken-trace}: commands that show, check and control what the processes of this host record,
 * and commands that run the bridge and the demo. {@link io.kraken.tracer.bridge.cli.KrakenTrace} lists them.
 */
package io.kraken.tracer.bridge.cli;
