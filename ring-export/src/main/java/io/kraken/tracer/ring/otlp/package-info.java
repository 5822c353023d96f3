/**
 * The OpenTelemetry protocol: encoders of spans as protobuf and as JSON, the sender that retries requests, its
 * transport over HTTP, and the line file. Internal: not part of the API.
 *
 * <p>Read {@link io.kraken.tracer.ring.otlp.OtlpEncoder} first, then {@link io.kraken.tracer.ring.otlp.RequestWindow}.
 *
 * <pre>{@code
 *  batch (SpanSource) ------> OtlpEncoder -----+
 *                                              +--> SpanEncoder --> Gzip --> request --+
 *  document (BatchReader) --> DocumentEncoder -+                                       |
 *                      +---------------------------------------------------------------+
 *                      +--> RequestWindow, Backoff --> Transport: OtlpHttp --> BoundedHttpClient, TlsFiles --> backend
 *                                       Outcome <--+
 *
 *  SpanData ----------------> OtlpJson --> line --> LineFile
 * }</pre>
 *
 * Requests are written from the end of the buffer to the front, by {@code ReverseProto}. The choice of spans, and
 * what a request holds while it waits, belong to the callers: the exporter's sink, and the shippers of the bridge. The
 * bridge has further transports.
 *
 * <p>Depends on {@code io.kraken.tracer.ring.queue}, for documents, on {@code io.kraken.tracer.ring.view}, for decoded
 * spans and for making the texts of peers safe to print, and on tracer-core.
 */
package io.kraken.tracer.ring.otlp;
