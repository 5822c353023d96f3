/**
 * Trace and span ids in log lines, for Logback and Log4j 2. Nothing is put anywhere when a span starts: the ids are
 * looked up when a line is logged, on the thread that logs it, so that they are right behind asynchronous appenders.
 * Needs the logging library on the class path, and only when it is used.
 */
package io.kraken.tracer.logs;
