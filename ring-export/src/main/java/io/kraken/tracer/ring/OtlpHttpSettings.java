package io.kraken.tracer.ring;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.PemFiles;
import io.kraken.tracer.ring.otlp.TlsFiles;
import io.kraken.tracer.ring.view.Waterfall;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Endpoint, headers and TLS configuration of the exporter, taken from the tracer's settings. Invalid values are ignored
 * with a warning.
 */
final class OtlpHttpSettings {

    private static final System.Logger LOG = System.getLogger("io.kraken.tracer");

    private static final long TLS_RELOAD_NS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_PORT = 0xFFFF;
    private static final int GRPC_PORT = 4317;
    private static final int HTTP_PORT = 4318;

    private OtlpHttpSettings() {}

    static OtlpHttp open(TracerConfig config) {
        final boolean gzip = config.get(ExportSettings.OTLP_COMPRESSION).equals(OtlpHttp.GZIP);
        final URI uri = replaceGrpcPort(endpoint(config), config);
        return new OtlpHttp(uri, headers(config), gzip, uri.getScheme().equals("https") ? tls(config) : null);
    }

    /** Replaces gRPC's default port by the default port for OTLP over HTTP. */
    private static URI replaceGrpcPort(URI uri, TracerConfig config) {
        final String protocol = config.get(ExportSettings.OTLP_PROTOCOL);
        if (protocol.equals(ExportSettings.HTTP_PROTOBUF)) {
            return uri;
        }
        config.problem(ExportSettings.OTLP_PROTOCOL + " is " + protocol + ", which only the bridge supports ("
                + ExportSettings.SINK + " = " + ExportSettings.QUEUE + "); " + ExportSettings.HTTP_PROTOBUF
                + " is used");
        if (!protocol.equals(ExportSettings.GRPC) || uri.getPort() != GRPC_PORT) {
            return uri;
        }
        config.warn(
                "port " + GRPC_PORT + " of " + uri.getHost() + " is gRPC's: port " + HTTP_PORT + " is used instead");
        return URI.create(uri.getScheme() + "://" + uri.getHost() + ":" + HTTP_PORT
                + (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/") ? OtlpHttp.PATH : uri.getRawPath())
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
    }

    /**
     * The configured TLS files; null, which means the JVM's default, when none is set or one is unusable.
     */
    private static TlsFiles tls(TracerConfig config) {
        final Path authorities = path(ExportSettings.OTLP_CERTIFICATE, config);
        final Path certificate = path(ExportSettings.OTLP_CLIENT_CERTIFICATE, config);
        final Path key = path(ExportSettings.OTLP_CLIENT_KEY, config);
        if ((certificate == null) != (key == null)) {
            config.problem(ExportSettings.OTLP_CLIENT_CERTIFICATE + " and " + ExportSettings.OTLP_CLIENT_KEY
                    + " must be set together; no client certificate is used");
        }
        final boolean both = certificate != null && key != null;
        if (authorities == null && !both) {
            return null;
        }
        final PemFiles files = new PemFiles(authorities, both ? certificate : null, both ? key : null);
        try {
            return new TlsFiles(
                    files,
                    TLS_RELOAD_NS,
                    line -> LOG.log(System.Logger.Level.INFO, Waterfall.clean(line)),
                    line -> LOG.log(System.Logger.Level.WARNING, Waterfall.clean(line)));
        } catch (IOException e) {
            config.problem("TLS to the backend: " + Waterfall.clean(e.getMessage()) + "; the JVM's default is used");
            return null;
        }
    }

    private static Path path(Setting<String> setting, TracerConfig config) {
        final String text = config.get(setting).strip();
        try {
            return text.isEmpty() ? null : Path.of(text);
        } catch (InvalidPathException e) {
            config.problem(setting + " is '" + Waterfall.clean(text) + "', which is not a valid path; it is ignored");
            return null;
        }
    }

    private static URI endpoint(TracerConfig config) {
        final String tracesEndpoint =
                config.get(ExportSettings.OTLP_TRACES_ENDPOINT).strip();
        final URI tracesUri = tracesEndpoint.isEmpty()
                ? null
                : parse(tracesEndpoint, "", ExportSettings.OTLP_TRACES_ENDPOINT, config);
        if (tracesUri != null) {
            return tracesUri;
        }
        final String given = config.get(ExportSettings.OTLP_ENDPOINT).strip();
        final URI base = parse(given, OtlpHttp.PATH, ExportSettings.OTLP_ENDPOINT, config);
        return base != null ? base : URI.create(ExportSettings.OTLP_ENDPOINT.byDefault() + OtlpHttp.PATH);
    }

    private static URI parse(String text, String path, Setting<String> setting, TracerConfig config) {
        String problem;
        try {
            final URI given = new URI(text);
            final String scheme = String.valueOf(given.getScheme()).toLowerCase(Locale.ROOT);
            problem = !scheme.equals("http") && !scheme.equals("https")
                    ? "does not begin with http:// or https://"
                    : given.getHost() == null || given.getPort() > MAX_PORT ? "has no valid host and port" : "";
            if (problem.isEmpty()) {
                if (given.getRawUserInfo() != null) {
                    config.problem(setting + " contains a user name, which is ignored; use "
                            + ExportSettings.OTLP_HEADERS.property() + " for credentials");
                }
                return assemble(given, scheme, path);
            }
        } catch (URISyntaxException e) {
            problem = "is not a URI";
        }
        config.problem(setting + " " + problem + "; it is ignored");
        return null;
    }

    private static URI assemble(URI given, String scheme, String path) {
        final String before = given.getRawPath() == null ? "" : given.getRawPath();
        final boolean doubled = before.endsWith("/") && path.startsWith("/");
        return URI.create(scheme + "://" + given.getHost() + (given.getPort() < 0 ? "" : ":" + given.getPort())
                + (doubled ? before.substring(0, before.length() - 1) : before) + path
                + (given.getRawQuery() == null ? "" : "?" + given.getRawQuery()));
    }

    private static Map<String, String> headers(TracerConfig config) {
        final Map<String, String> headers = new LinkedHashMap<>();
        for (String pair : config.get(ExportSettings.OTLP_HEADERS).split(",")) {
            if (pair.isBlank()) {
                continue;
            }
            final int at = pair.indexOf('=');
            final String name = at < 0 ? "" : pair.substring(0, at).strip();
            final String value = decode(pair.substring(at + 1).strip());
            if (value == null || !OtlpHttp.isHeader(name, value)) {
                // Values are secrets and never shown.
                config.problem(ExportSettings.OTLP_HEADERS + ": '" + Waterfall.clean(name)
                        + "' can't be set as a header, or its value is invalid; it is ignored");
            } else {
                headers.put(name, value);
            }
        }
        return headers;
    }

    /** The decoded value; null when it is not percent-encoded correctly. */
    private static String decode(String value) {
        try {
            return SettingText.percentDecoded(value);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
