/**
 * The OpenTelemetry protocol: encoders of spans as protobuf and as JSON, and the HTTP client and the line file that
 * take the result. Internal: not part of the API.
 *
 * <p>Read {@link io.kraken.tracer.ring.otlp.OtlpEncoder} first, then {@link io.kraken.tracer.ring.otlp.OtlpHttp}.
 *
 * <pre>{@code
 *  batch (SpanSource) ------> OtlpEncoder -----+
 *                                              +--> SpanEncoder --> request --> Gzip --> OtlpHttp --> backend
 *  document (BatchReader) --> DocumentEncoder -+                                         OtlpReply <--+
 *
 *  SpanData ----------------> OtlpJson --> line --> LineFile
 * }</pre>
 *
 * Requests are written from the end of the buffer to the front, by {@code ReverseProto}. Retries and the choice of
 * spans belong to the callers: the exporter's sinks, and the destinations of the bridge.
 *
 * <p>Depends on {@code io.kraken.tracer.ring.queue}, for documents, on {@code io.kraken.tracer.ring.view}, for decoded
 * spans and for making the texts of peers safe to print, and on tracer-core.
 */
package io.kraken.tracer.ring.otlp;
