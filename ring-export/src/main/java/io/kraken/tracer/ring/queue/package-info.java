/**
 * The queue on disk between a service and the bridge of its host: one directory for each start of a process, with a
 * lock that tells whether the process is alive; documents of up to 64 spans that survive the process; their writer, and
 * their reader, which validates all bytes.
 */
package io.kraken.tracer.ring.queue;
