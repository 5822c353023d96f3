/**
 * Recording spans.
 *
 * <p>Glossary. A <b>span</b> is an operation; its bytes are a <b>record</b>. While open it fills a <b>staging</b>
 * record of its own; when it ends the record is copied into a slot of a <b>lane</b>, one of a fixed set of rings,
 * which the exporter sweeps. Records travel on in <b>batches</b> to a <b>sink</b> or a <b>queue</b>, which the
 * <b>bridge</b> reads. Names and keys are <b>symbols</b>. Ticks become time by an <b>anchor</b>. What a trace
 * <b>carries</b> beside its ids is trace state and baggage; <b>propagation</b> takes contexts out of the headers
 * of a <b>carrier</b> and puts them there. A trace that is <b>sampled</b> is shipped in any case; one that is only
 * <b>recorded</b> is there for hindsight; one that is neither is <b>unrecorded</b> and only passed on. All memory
 * of a tracer is its <b>span file</b>. The <b>ledger</b> says where every span went.
 */
package io.kraken.tracer;
