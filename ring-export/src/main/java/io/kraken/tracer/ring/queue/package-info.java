/**
 * The log on disk between a service and the bridge of its host: a directory for each start of a process, documents of
 * bytes in it that survive the process, and what proves that the process still lives.
 */
package io.kraken.tracer.ring.queue;
