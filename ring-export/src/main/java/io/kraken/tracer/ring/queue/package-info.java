/**
 * The log on disk between a service and the bridge of its host: a directory for each start of a process and what proves
 * that the process still lives; documents of up to 64 spans in it that survive the process; their writer, and their
 * reader, which believes nothing.
 */
package io.kraken.tracer.ring.queue;
