/**
 * The tracer's API and the recording of spans.
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
