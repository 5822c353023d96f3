/**
 * Spans of HTTP requests, following OpenTelemetry's conventions: filters for the JDK's server and for servlets, a
 * wrapper of the JDK's client, and their headers as carriers of contexts. Optional dependencies (servlets, modules of
 * the JDK) are loaded only when used.
 *
 * <p>Read {@link io.kraken.tracer.http.TracingFilter} first, then {@link io.kraken.tracer.http.TracedHttpClient}.
 * Depends on the API in {@link io.kraken.tracer} and on {@link io.kraken.tracer.propagation}.
 */
package io.kraken.tracer.http;
