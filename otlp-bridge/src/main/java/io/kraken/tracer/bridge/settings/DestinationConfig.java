package io.kraken.tracer.bridge.settings;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * The validated settings of one destination.
 *
 * @param name chosen by the operator: letters, digits, '-' and '_'; used in position files and metrics
 * @param endpoint URL of the collector; null for a file
 * @param headers sent with every request; their values are secrets
 * @param timeoutNs timeout of one request
 * @param requests maximum number of requests in flight
 * @param requestBytes maximum size of a request before compression
 * @param tls null: no encryption
 * @param file null unless the type is a file
 */
public record DestinationConfig(
        String name,
        Type type,
        URI endpoint,
        Map<String, String> headers,
        boolean gzip,
        long timeoutNs,
        int requests,
        int requestBytes,
        Retry retry,
        Tls tls,
        File file) {

    public enum Type {
        OTLP_GRPC,
        OTLP_HTTP,
        OTLP_FILE
    }

    /** The backoff before the first retry, and its maximum. */
    public record Retry(long firstNs, long longestNs) {}

    /**
     * The PEM files of TLS, each null if not configured.
     *
     * @param authorities CA certificates; default: the JVM's trust store
     * @param certificate the client certificate and its chain
     * @param key of the client certificate, PKCS #8, not encrypted
     * @param serverName host name expected in the certificate of a gRPC server; default: the host of the endpoint
     * @param reloadNs interval of checks whether the files have changed
     */
    public record Tls(Path authorities, Path certificate, Path key, String serverName, long reloadNs) {}

    /** @param mostBytes size at which the file is rotated */
    public record File(Path path, long mostBytes) {}
}
