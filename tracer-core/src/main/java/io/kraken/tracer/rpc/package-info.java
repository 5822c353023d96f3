/**
 * Traces across gRPC, by OpenTelemetry's conventions for remote calls: interceptors for clients and servers. Needs
 * grpc-api on the class path, and only when it is used.
 */
package io.kraken.tracer.rpc;
