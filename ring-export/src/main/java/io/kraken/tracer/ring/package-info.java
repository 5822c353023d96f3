/**
 * The exporter inside the process: it finds ended spans in the chunks of the span file and hands them in batches to one
 * sink.
 *
 * <p>Read {@link io.kraken.tracer.ring.RingExport} first, which connects the parts, then {@code ExporterAgent}, whose
 * duty cycle uses them, {@code ChunkSweep} and {@code Batch}. {@code Exporter} has the thread and the shutdown, and is
 * the {@link io.kraken.tracer.RecordSink} of the recording threads. A program may also name {@link
 * io.kraken.tracer.ring.ExportSettings}, and for a sink of its own {@link io.kraken.tracer.ring.BatchSink} and {@link
 * io.kraken.tracer.ring.Batch}.
 *
 * <pre>{@code
 *  recording threads                        exporter's thread
 *
 *  claim a chunk     <-- ChunkRings: free    <-- ChunkSweep <-- ended spans in the span file
 *  report it used up --> ChunkRings: used-up --> |
 *                                               v
 *                                             Batch <-- StackTraces <-- ThrownReaders, on a thread of their own
 *                                               |
 *                                               v
 *                                           BatchSink: OtlpHttpSink, QueueSink, FileSink, ConsoleSink, DiscardSink
 * }</pre>
 *
 * Every setting is declared in {@code ExportSettings}; {@code RingExport} reads those of the exporter, {@code Sinks}
 * chooses the sink, and each sink reads its own.
 *
 * <p>Depends on the three packages below it, which do not depend on this one:
 *
 * <pre>{@code
 *  ring --> ring.otlp --> ring.view --> ring.queue --> tracer-core
 * }</pre>
 *
 * The sinks are in this package and not beside their formats: this package chooses one of them, and they use batches
 * and settings. The formats, the HTTP client and the queue use neither, so the bridge shares them.
 */
package io.kraken.tracer.ring;
