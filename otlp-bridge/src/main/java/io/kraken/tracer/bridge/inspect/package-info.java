/**
 * The reading and checking of queues and span files at rest, for the command line. Changes nothing.
 *
 * <p>Read {@link io.kraken.tracer.bridge.inspect.QueueReading} first.
 *
 * <pre>
 *   queue ------> QueueReading --> documents of dump and trace
 *                     '----------> QueueCheck, with CycleScan --> Verdict of verify
 *   span file ------------------> SpanFileCheck ----------------------'
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on no other package of the bridge.
 */
package io.kraken.tracer.bridge.inspect;
