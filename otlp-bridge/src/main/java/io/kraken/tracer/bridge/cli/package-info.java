/**
 * The command line, {@code kraken-trace}: one command each to look at what processes of this host have recorded, to
 * check it, and to run things. {@link io.kraken.tracer.bridge.cli.KrakenTrace} has the list.
 */
package io.kraken.tracer.bridge.cli;
