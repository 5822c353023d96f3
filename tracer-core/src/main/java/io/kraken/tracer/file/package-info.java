/**
 * The span file: the memory that a tracer writes and any process may read. {@link io.kraken.tracer.file.SpanFileLayout}
 * and {@link io.kraken.tracer.file.RecordLayout} define the whole format; read them first. The other classes read or
 * write it.
 *
 * <pre>
 *   the engine ---- SpanFile, Memory ---------.               .--- SpanFileReader, Ledger ---- other processes
 *                   Counters, Anchors --------+-- span file --+
 *                   SymbolTable, TracerStatus-'       |       '--- Liveness: does the writer live?
 *                                                     |
 *   the engine &lt;--- ControlReader ---- ControlSlots --+----------- ControlFile &lt;--- operator, bridge
 * </pre>
 *
 * <p>Depends on no other package of the tracer. Internal, except that the format is documented.
 */
package io.kraken.tracer.file;
