/**
 * Traces across gRPC, following OpenTelemetry's conventions for remote calls: interceptors for clients and servers.
 * Needs grpc-api on the class path only if it is used.
 */
package io.kraken.tracer.rpc;
