/**
 * Trace and span ids in log lines, for Logback and Log4j 2. Starting a span stores nothing for logging: the ids are
 * looked up when a line is logged, on the logging thread, so that they are also right with asynchronous appenders.
 * Needs the logging library on the class path only if it is used.
 */
package io.kraken.tracer.logs;
