/**
 * Traces across gRPC, following OpenTelemetry's conventions for remote calls: interceptors for clients and servers.
 * Needs grpc-api on the class path only if it is used.
 *
 * <p>Read {@link io.kraken.tracer.rpc.ServerSpans} first. Depends on the API in {@link io.kraken.tracer} and on {@link
 * io.kraken.tracer.propagation}.
 */
package io.kraken.tracer.rpc;
