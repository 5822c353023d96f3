package io.kraken.tracer.bridge;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * One destination's settings, checked.
 *
 * @param name as the operator calls it: letters, digits, '-' and '_'; position files and metrics bear it
 * @param endpoint where requests go; null for a file
 * @param headers sent with every request; their values are secrets
 * @param timeoutNs how long an answer may take
 * @param requests under way at a time, at the most
 * @param requestBytes of a request before it is compressed, at the most
 * @param tls null without
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

    /** How long to wait before the first other try, and at the most. */
    public record Retry(long firstNs, long longestNs) {}

    /**
     * PEM files, each null when there is none.
     *
     * @param authorities whom to believe; without, whom the JVM believes
     * @param certificate our own chain, for servers that ask for one
     * @param key of that certificate, PKCS #8, not encrypted
     * @param reloadNs how often it is looked whether the files have changed
     */
    public record Tls(Path authorities, Path certificate, Path key, String serverName, long reloadNs) {}

    /** @param mostBytes before it is renamed and another one is begun */
    public record File(Path path, long mostBytes) {}
}
