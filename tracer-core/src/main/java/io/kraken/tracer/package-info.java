/**
 * Recording spans.
 *
 * <p>Glossary. A <b>span</b> is an operation; its bytes are a <b>record</b>, written in one place from its start until
 * it has been shipped. What does not fit into the record goes on in further ones, its <b>parts</b>. 64 records are a
 * <b>chunk</b>. Threads take chunks, or single records, from the <b>free ring</b>, and name chunks in which nothing is
 * free any more in the <b>used-up ring</b>. The exporter <b>sweeps</b> the chunks for spans that have ended. A record
 * is <b>taken</b> when what was made of it is safe, and only then free again. Spans travel on in <b>batches</b> to a
 * <b>sink</b> or a <b>queue</b>, which the <b>bridge</b> reads. Names and keys are <b>symbols</b>. Ticks become time by
 * an <b>anchor</b>. What a trace <b>carries</b> beside its ids is trace state and baggage; <b>propagation</b> takes
 * contexts out of the headers of a <b>carrier</b> and puts them there. A trace that is <b>sampled</b> is shipped in any
 * case; one that is only <b>recorded</b> is there for hindsight; one that is neither is <b>unrecorded</b> and only
 * passed on. All memory of a tracer is its <b>span file</b>. The <b>ledger</b> says where every span went.
 */
package io.kraken.tracer;
