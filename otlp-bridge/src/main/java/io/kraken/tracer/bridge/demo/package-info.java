/**
 * The demo, run by {@code mvn -q -Pdemo}: a small Kraken under peak load, and a report.
 *
 * <p>Read {@link io.kraken.tracer.bridge.demo.Demo} first. {@link io.kraken.tracer.bridge.demo.Workload} runs the same
 * services in one process, for benchmarks.
 *
 * <pre>
 *   LoadGenerator --downloads--> Agent --HTTP--> Tracker (one announce in eight by gRPC), Origin
 *     +----uploads----> UploadProxy --HTTP--> Origin, BuildIndex (replications travel in messages)
 *                         |
 *                         | each service is a process of its own, with a queue
 *                         v
 *                    BridgeProcess --OTLP--> SpanReceiver, killed during the load --> DemoReport, with the ledger
 * </pre>
 *
 * <p>It is packed into {@code otlp-bridge-demo.jar}, which is not shipped to hosts; nothing in the bridge refers to it.
 * It depends on {@code cli}, as it starts the bridge as an operator would.
 */
package io.kraken.tracer.bridge.demo;
