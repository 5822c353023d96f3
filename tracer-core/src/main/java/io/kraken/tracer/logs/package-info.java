/**
 * Trace and span ids in log lines, for Logback and Log4j 2. Starting a span stores nothing for logging: the ids are
 * looked up when a line is logged, on the logging thread, so that they are also right with asynchronous appenders.
 * Needs the logging library on the class path only if it is used.
 *
 * <p>Read {@link io.kraken.tracer.logs.LogIds} first. Depends on the API in {@link io.kraken.tracer}.
 */
package io.kraken.tracer.logs;
