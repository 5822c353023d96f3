/**
 * The queue on disk between a service and the bridge of its host: one directory for each start of a process, with a
 * lock that tells whether the process is alive, and documents of up to 64 spans that survive the process. Internal: not
 * part of the API.
 *
 * <p>Read {@link io.kraken.tracer.ring.queue.BatchLayout} first: it is the format of a document. Then {@link
 * io.kraken.tracer.ring.queue.BatchWriter} and {@link io.kraken.tracer.ring.queue.BatchReader}, which validates all
 * bytes, and {@link io.kraken.tracer.ring.queue.QueueDirectory} and
 * {@link io.kraken.tracer.ring.queue.CycleFiles} for the files.
 *
 * <pre>{@code
 *  service                                     bridge
 *
 *  SpanSource                                  QueueRoot: the directories of all processes
 *      |                                          |
 *  BatchWriter                                 QueueDescriptor: the process of a directory
 *      | document                                 |
 *  QueueAppender --> files in a           --> QueueTailer
 *                    QueueDirectory               | document; DocumentFile reads it again
 *                                              BatchReader
 *
 *  limit of the disk space: RootUse  <--------  ReclaimableBytes: shipped, can be deleted
 * }</pre>
 *
 * Only {@code ChronicleStore} imports Chronicle's classes. The exporter's batch implements {@link
 * io.kraken.tracer.ring.queue.SpanSource}, so this package does not depend on the exporter.
 *
 * <p>Depends on {@code io.kraken.tracer.file} only.
 */
package io.kraken.tracer.ring.queue;
