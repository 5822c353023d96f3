/**
 * The bridge: one process per host that reads the recorded spans of its services and ships those that are kept.
 *
 * <p>Read {@link io.kraken.tracer.bridge.Bridge} first: it wires the agents, which share only the queues and the tail
 * sampler, and run on the threads of {@link io.kraken.tracer.bridge.Workers}.
 *
 * <pre>
 *   queues on disk, one per process                                         span files of the tracers
 *     |                                                                          ^
 *     +--> keep.HeadReader: decides, looks back --> log, index                   |
 *     |                                              |                   control.ControlPublisher
 *     +--> ship.Shipper, one per destination <-------+  --> destination.Destination --> collector
 *     |
 *     +--- queues.QueueJanitor: finds, deletes, limits            watch.WatchServer: /metrics, /healthz, /readyz
 * </pre>
 *
 * <p>Terms. A <b>document</b> is an entry of a queue: a batch of up to 64 spans. A <b>cycle</b> is a file of a queue. A
 * cycle is <b>doomed</b> if it will be deleted unshipped, because the disk limit is reached. A <b>notable</b> trace is
 * one that a rule keeps, for an error or its duration. A <b>decided</b> document is as old as the decision delay, and
 * the log says which of its spans are kept. A <b>stream</b> is a part of a queue's spans that is shipped on its own:
 * sampled at the root, kept, kept late. A span is <b>settled</b> once it is acknowledged or permanently refused, or if
 * it is not sent. The <b>position</b> of a destination in a queue is the last document up to which everything is
 * settled.
 *
 * <p>It depends on all packages below it. {@code cli} depends on it; so does {@code demo}, which is a jar of its own.
 *
 * <pre>
 *   cli -> (this) -> watch -> ship -> keep -> queues -> log, settings, report
 *                     |        +----> destination         -> settings
 *                     +------> control -> destination     -> settings, report
 * </pre>
 */
package io.kraken.tracer.bridge;
