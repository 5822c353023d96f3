package io.kraken.tracer.ring;

import io.kraken.tracer.Setting;
import io.kraken.tracer.TracerConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Where a tracer's settings say that spans go, and with what headers. What can't be used is left out with a warning. */
final class OtlpHttpSettings {

    private static final int MAX_PORT = 0xFFFF;

    private OtlpHttpSettings() {}

    static OtlpHttp open(TracerConfig config) {
        final boolean gzip = config.get(ExportSettings.OTLP_COMPRESSION).equals(OtlpHttp.GZIP);
        return new OtlpHttp(endpoint(config), headers(config), gzip, null);
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
                    config.warn(setting + " holds a user name, which is left out; "
                            + ExportSettings.OTLP_HEADERS.property() + " can carry credentials");
                }
                return assemble(given, scheme, path);
            }
        } catch (URISyntaxException e) {
            problem = "is no URI";
        }
        config.warn(setting + " " + problem + "; it is not used");
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
                config.warn(ExportSettings.OTLP_HEADERS + ": '" + Waterfall.clean(name)
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
