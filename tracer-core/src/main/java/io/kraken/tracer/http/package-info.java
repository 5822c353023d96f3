/**
 * Spans of HTTP requests, after OpenTelemetry's conventions: filters for the JDK's server and for servlets, a wrapper
 * of the JDK's client, and their headers as carriers of contexts. What is not there at run time (servlets, or one of
 * the JDK's modules) is not loaded as long as it is not used.
 */
package io.kraken.tracer.http;
