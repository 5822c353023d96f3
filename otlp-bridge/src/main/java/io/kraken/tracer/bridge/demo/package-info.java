/**
 * The demo: what {@code mvn -q -Pdemo} runs. A small Kraken in one process, its services talking HTTP over loopback,
 * each with a tracer of its own, under the load of a peak; a receiver that counts what arrives; a report whose last
 * line is the ledger. {@link io.kraken.tracer.bridge.demo.Workload} is the same for the benchmarks.
 */
package io.kraken.tracer.bridge.demo;
