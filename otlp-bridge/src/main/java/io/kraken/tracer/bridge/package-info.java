/**
 * The bridge: one process per host that reads the recorded spans of its services and ships those that are kept.
 *
 * <p>Read {@link io.kraken.tracer.bridge.Bridge} first: it wires the agents, which share only the list of queues and
 * run on the threads of {@link io.kraken.tracer.bridge.Workers}.
 *
 * <pre>
 *   queues on disk, one per process                                         span files of the tracers
 *     |                                                                          ^
 *     +--> keep.HeadReader: notes traces, releases documents                     |
 *     |         |                                                      control.ControlPublisher
 *     +--> ship.Shipper, one per destination --> destination.Destination --> collector
 *     |
 *     +--- queues.QueueJanitor: finds, deletes, limits            watch.WatchServer: /metrics, /healthz, /readyz
 * </pre>
 *
 * <p>It depends on all packages below it. {@code cli} depends on it; so does {@code demo}, which is a jar of its own.
 *
 * <pre>
 *   cli -> (this) -> watch -> ship -> keep -> queues      -> settings, report
 *                     |        +----> destination         -> settings
 *                     +------> control -> destination     -> settings, report
 * </pre>
 */
package io.kraken.tracer.bridge;
