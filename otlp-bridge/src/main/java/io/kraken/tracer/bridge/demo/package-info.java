/**
 * The demo, run by {@code mvn -q -Pdemo}: a small Kraken under peak load. Each service runs in a process of its own and
 * appends its spans to a queue. Trace contexts travel by HTTP, for one announce in eight by gRPC, and in messages for
 * replications. A bridge ships the queues to a receiver that is killed during the load; the report ends with the
 * ledger. {@link io.kraken.tracer.bridge.demo.Workload} runs the same services in one process, for benchmarks.
 */
package io.kraken.tracer.bridge.demo;
