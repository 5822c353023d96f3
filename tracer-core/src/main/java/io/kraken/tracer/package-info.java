/**
 * The tracer's API and its engine, the recording of spans.
 *
 * <p>The API: {@link io.kraken.tracer.Tracer} and {@link io.kraken.tracer.TracerConfig}, {@link io.kraken.tracer.Span}
 * with keys and names, contexts, scopes and tasks; and {@link io.kraken.tracer.RecordSink}, by which an exporter is
 * attached. What is not public is the engine. The path of a span, in the order in which to read it:
 *
 * <pre>
 *   start      1  Tracer.start             the entry
 *              2  Recorder.begin           takes a record, and the span object that belongs to it
 *              3  SpanStarter              ids, sampling decision, ticks
 *              4  OpenSpan.open, attach    writes the record's header, pushes the span onto the thread's stack
 *   set        5  Span.set                 checks the caller; short values go on to OpenSpan
 *              6  SpanWriter               all other values
 *   end           OpenSpan.end             one store publishes the end
 *   exporter   7  Chunks                   where records come from, and how used ones get to the exporter
 *              8  ChunkSweep.sweep         in ring-export: finds the ended spans of a chunk
 *   bytes      9  file.RecordLayout        the record
 *             10  SpanEncoder              in ring-export: OTLP
 * </pre>
 *
 * <p>Around the engine, each without knowledge of it:
 *
 * <pre>
 *   .settings     look-up of settings         .sampling     which traces are sampled
 *   .process      limits and load             .propagation  header formats
 *   .clock        ticks                       .text         strings, symbols and digits as bytes
 *   .file         memory, layouts, files
 * </pre>
 *
 * <p>{@code .http}, {@code .messaging}, {@code .rpc}, {@code .logs} and {@code .metrics} use the API and are used by
 * nothing here.
 *
 * <p>Glossary. A <b>span</b> is an operation; its bytes are a <b>record</b>, which stays in one place from the start of
 * the span until it has been shipped. What does not fit into the record continues in further ones, its <b>parts</b>. 64
 * records are a <b>chunk</b>. Threads take chunks, or single records, from the <b>free ring</b>, and put chunks without
 * free records into the <b>used-up ring</b>. The exporter <b>sweeps</b> the chunks for ended spans. A record is
 * <b>taken</b> once its encoded form is safe, and only then free again. Spans travel in <b>batches</b> to a
 * <b>sink</b>, or to a <b>queue</b> that the <b>bridge</b> reads. Names and keys are <b>symbols</b>. Ticks are
 * converted to time by an <b>anchor</b>. Besides its ids, a trace <b>carries</b> trace state and baggage;
 * <b>propagation</b> extracts contexts from the headers of a <b>carrier</b> and injects them. A trace that is
 * <b>sampled</b> is shipped in any case; one that is only <b>recorded</b> is kept for hindsight; one that is neither is
 * <b>unrecorded</b>, and only its context is propagated. All memory of a tracer is its <b>span file</b>. The
 * <b>ledger</b> accounts for every span.
 */
package io.kraken.tracer;
