/**
 * The demo: what {@code mvn -q -Pdemo} runs. A small Kraken, each service in a process of its own that hands its spans
 * to a queue, under the load of a peak; contexts go from one to the other by HTTP, for one announce in eight by gRPC,
 * and in messages for replications; a bridge; a receiver that is killed in the middle; a report whose last line is the
 * ledger. {@link io.kraken.tracer.bridge.demo.Workload} is the same services in one process, for the benchmarks.
 */
package io.kraken.tracer.bridge.demo;
