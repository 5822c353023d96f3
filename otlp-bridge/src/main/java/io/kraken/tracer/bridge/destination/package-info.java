/**
 * The destinations of spans: OTLP over gRPC, over HTTP, or to a file.
 *
 * <p>Read {@link io.kraken.tracer.bridge.destination.Destination} first: a request is sent without blocking, and its
 * outcome is polled. Retries are the shipper's. TLS and gRPC channels are also used by {@code control}.
 *
 * <pre>
 *   send(bytes) --> Exchange -- outcome(): null, then TAKEN, RETRY or REFUSED
 *      |
 *      +-- GrpcDestination: GrpcChannels --+
 *      +-- HttpDestination: HttpClient ----+-- TlsFiles: an SSLContext that follows changes of its PEM files
 *      +-- FileDestination: JsonLines
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on {@code settings}.
 */
package io.kraken.tracer.bridge.destination;
