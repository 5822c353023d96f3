/**
 * The tracer's API and its engine, the recording of spans.
 *
 * <p>The API: {@link io.kraken.tracer.Tracer} and {@link io.kraken.tracer.TracerConfig}, {@link io.kraken.tracer.Span}
 * with keys and names, contexts, scopes and tasks; and {@link io.kraken.tracer.RecordSink}, by which an exporter is
 * attached. What is not public is the engine. The path of a span, in the order in which to read it:
 *
 * <pre>
 *   start      1  Tracer.start             the entry
 *              2  Recorder.start, begin    claims a record, and with it the span object that belongs to the record
 *              3  SpanStarter.fill         ids, sampling decision, ticks
 *              4  OpenSpan.open, attach    writes the record's header, pushes the span onto the thread's stack
 *   set        5  Span.set                 checks the caller; short values go on to OpenSpan
 *              6  SpanWriter               all other values
 *   end        7  OpenSpan.end, finish     one store publishes the end
 *   exporter   8  Chunks                   where records come from, and how used ones get to the exporter
 *              9  ChunkSweep.sweep         in ring-export: finds the ended spans in the chunks
 *             10  ExporterAgent.onDone     in ring-export: appends each to a Batch, which a BatchSink takes
 *   bytes     11  file.RecordLayout        the record
 *             12  SpanEncoder              in ring-export: OTLP
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
 * the span until it has been shipped. What does not fit into the record continues in further ones, its <b>parts</b>.
 * Each use of a record has a <b>generation</b>; a <b>lease</b> is the generation at its position in the record's
 * <b>commit word</b>, by which a late call on a span object is recognised. 64 records are a <b>chunk</b>. Threads
 * <b>claim</b> chunks, or single records, from the <b>free ring</b>; while few chunks are free, they report those
 * without free records in the <b>used-up ring</b>. The exporter <b>sweeps</b> the chunks for ended spans. A record is
 * <b>taken</b> once its encoded form is safe, and only then free again. Spans travel in <b>batches</b> to a
 * <b>sink</b>, which sends them, or appends them to a <b>queue</b> that the <b>bridge</b> reads. Names and keys are
 * <b>symbols</b>. Ticks are converted to time by an <b>anchor</b>. Each thread has a stack of <b>frames</b>, spans and
 * scopes, whose top is current; a <b>handle</b> names a frame. Besides its ids, a trace <b>carries</b> trace state and
 * baggage; <b>propagation</b> extracts contexts from the headers of a <b>carrier</b> and injects them. A trace that is
 * <b>sampled</b> is shipped in any case; one that is only <b>recorded</b> can still be kept with hindsight, once its
 * errors and duration are known; one that is neither is <b>unrecorded</b>: only its context is propagated, and the
 * state of its records is <b>passing</b>. All memory of a tracer is its <b>span file</b>. The <b>ledger</b> accounts
 * for every span.
 */
package io.kraken.tracer;
