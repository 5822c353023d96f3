/**
 * The destinations of spans: OTLP over gRPC, over HTTP, or to a file.
 *
 * <p>Read {@link io.kraken.tracer.bridge.destination.Destinations} first: a destination is an encoder and a transport,
 * which sends a request without blocking; its outcome is polled. Retries are the business of {@code
 * ring.otlp.RequestWindow}. gRPC channels are also used by {@code control}.
 *
 * <pre>
 *   send(bytes) --> Exchange -- outcome(): null, then TAKEN, RETRY or REFUSED
 *      |
 *      +-- GrpcTransport: GrpcChannel -----------+
 *      +-- ring.otlp.OtlpHttp: BoundedHttpClient +-- TlsFiles: an SSLContext for each version of the PEM files
 *      +-- FileTransport: JsonLines
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on {@code settings}.
 */
package io.kraken.tracer.bridge.destination;
