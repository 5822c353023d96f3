package io.kraken.tracer.ring;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.settings.Setting;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;

/**
 * Where a tracer's settings say that spans go, with what headers, and whom TLS believes. What can't be used is left out
 * with a warning.
 */
final class OtlpHttpSettings {

    private static final int MAX_PORT = 0xFFFF;
    private static final int GRPC_PORT = 4317;
    private static final int HTTP_PORT = 4318;

    private OtlpHttpSettings() {}

    static OtlpHttp open(TracerConfig config) {
        final boolean gzip = config.get(ExportSettings.OTLP_COMPRESSION).equals(OtlpHttp.GZIP);
        final URI uri = speakable(endpoint(config), config);
        return new OtlpHttp(uri, headers(config), gzip, uri.getScheme().equals("https") ? tls(config) : null);
    }

    /** What was meant for gRPC goes to where its servers commonly listen for HTTP. */
    private static URI speakable(URI uri, TracerConfig config) {
        final String protocol = config.get(ExportSettings.OTLP_PROTOCOL);
        if (protocol.equals(ExportSettings.HTTP_PROTOBUF)) {
            return uri;
        }
        config.problem(ExportSettings.OTLP_PROTOCOL + " is " + protocol + ", which the bridge speaks ("
                + ExportSettings.SINK + " = " + ExportSettings.QUEUE + "), and this process does not; "
                + ExportSettings.HTTP_PROTOBUF + " is used");
        if (!protocol.equals(ExportSettings.GRPC) || uri.getPort() != GRPC_PORT) {
            return uri;
        }
        config.warn("port " + GRPC_PORT + " is that of gRPC: port " + HTTP_PORT + " of " + uri.getHost() + " is used");
        return URI.create(uri.getScheme() + "://" + uri.getHost() + ":" + HTTP_PORT
                + (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/") ? OtlpHttp.PATH : uri.getRawPath())
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
    }

    /** Null, which is what the JVM has, where no file is named or one is of no use. */
    private static SSLContext tls(TracerConfig config) {
        final Path authorities = path(ExportSettings.OTLP_CERTIFICATE, config);
        final Path certificate = path(ExportSettings.OTLP_CLIENT_CERTIFICATE, config);
        final Path key = path(ExportSettings.OTLP_CLIENT_KEY, config);
        if ((certificate == null) != (key == null)) {
            config.problem(ExportSettings.OTLP_CLIENT_CERTIFICATE + " and " + ExportSettings.OTLP_CLIENT_KEY
                    + " are of use together only; no certificate is shown to the backend");
        }
        final boolean both = certificate != null && key != null;
        if (authorities == null && !both) {
            return null;
        }
        final PemFiles files = new PemFiles(authorities, both ? certificate : null, both ? key : null);
        try {
            return files.context(files.read());
        } catch (IOException e) {
            config.problem(
                    "TLS to the backend: " + Waterfall.clean(e.getMessage()) + "; what the JVM has by itself is used");
            return null;
        }
    }

    private static Path path(Setting<String> setting, TracerConfig config) {
        final String text = config.get(setting).strip();
        try {
            return text.isEmpty() ? null : Path.of(text);
        } catch (InvalidPathException e) {
            config.problem(setting + " is '" + Waterfall.clean(text) + "', which is no path; it is not used");
            return null;
        }
    }

    private static URI endpoint(TracerConfig config) {
        final String own = config.get(ExportSettings.OTLP_TRACES_ENDPOINT).strip();
        final URI ownUri = own.isEmpty() ? null : parse(own, "", ExportSettings.OTLP_TRACES_ENDPOINT, config);
        if (ownUri != null) {
            return ownUri;
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
                    : given.getHost() == null || given.getPort() > MAX_PORT ? "has no proper host and port" : "";
            if (problem.isEmpty()) {
                if (given.getRawUserInfo() != null) {
                    config.problem(setting + " holds a user name, which is left out; "
                            + ExportSettings.OTLP_HEADERS.property() + " can carry credentials");
                }
                return assemble(given, scheme, path);
            }
        } catch (URISyntaxException e) {
            problem = "is no URI";
        }
        config.problem(setting + " " + problem + "; it is not used");
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
                // Values are secrets: they are never shown.
                config.problem(ExportSettings.OTLP_HEADERS + ": '" + Waterfall.clean(name)
                        + "' is not a header that can be set, or has a value that no header can have; it is left out");
            } else {
                headers.put(name, value);
            }
        }
        return headers;
    }

    /** Null when it is not percent-encoded as it should be. */
    private static String decode(String value) {
        try {
            return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
