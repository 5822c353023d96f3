/**
 * Spans of HTTP requests, following OpenTelemetry's conventions: filters for the JDK's server and for servlets, a
 * wrapper of the JDK's client, and their headers as carriers of contexts. Optional dependencies (servlets, modules of
 * the JDK) are loaded only when used.
 */
package io.kraken.tracer.http;
