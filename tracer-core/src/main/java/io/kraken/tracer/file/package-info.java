/**
 * The span file: the memory that a tracer writes and any process may read. {@link io.kraken.tracer.file.SpanFileLayout}
 * and {@link io.kraken.tracer.file.RecordLayout} define the whole format; the other classes read or write it.
 */
package io.kraken.tracer.file;
