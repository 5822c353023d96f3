/**
 * The span file: the memory that a tracer writes and that anyone may read. {@link
 * io.kraken.tracer.file.SpanFileLayout} and {@link io.kraken.tracer.file.RecordLayout} are the whole format;
 * everything else here reads or writes by them.
 */
package io.kraken.tracer.file;
