/**
 * The way of spans through a queue on disk: the documents that carry batches, the writer in the service and the reader
 * in the bridge.
 */
package io.kraken.tracer.ring.queue;
