/**
 * The means by which agents report what they do: counters that one thread writes, and log lines at a limited rate.
 *
 * <p>Read {@link io.kraken.tracer.bridge.report.EnumCounters} first. Internal: not part of the API. The package depends
 * on no other package of the bridge.
 */
package io.kraken.tracer.bridge.report;
