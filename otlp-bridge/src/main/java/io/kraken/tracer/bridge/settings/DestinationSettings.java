package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.BridgeSetting.Key;
import io.kraken.tracer.bridge.settings.DestinationConfig.Retry;
import io.kraken.tracer.bridge.settings.DestinationConfig.Tls;
import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The reader of one destination's settings; it checks that they are consistent. */
final class DestinationSettings {

    private static final List<BridgeSetting<?>> OF_TLS = List.of(
            SettingsTable.TLS_AUTHORITIES,
            SettingsTable.TLS_CERTIFICATE,
            SettingsTable.TLS_KEY,
            SettingsTable.TLS_SERVER_NAME,
            SettingsTable.TLS_RELOAD);
    private static final List<BridgeSetting<?>> OF_NETWORKS =
            List.of(SettingsTable.ENDPOINT, SettingsTable.COMPRESSION, SettingsTable.TIMEOUT);
    private static final List<BridgeSetting<?>> OF_FILES = List.of(SettingsTable.PATH, SettingsTable.MEGABYTES);

    private static final Map<Type, String> ENDPOINTS =
            Map.of(Type.OTLP_GRPC, "http://localhost:4317", Type.OTLP_HTTP, "http://localhost:4318");
    private static final String TRACES_PATH = "/v1/traces";
    private static final String TLS = "https";
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private static final int MOST_HEADERS = 64;
    private static final Pattern HEADER = Pattern.compile("[a-z0-9_.-]{1,128}");
    /** Headers that the transport sets itself. */
    private static final Set<String> RESERVED = Set.of(
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
            "te",
            "transfer-encoding",
            "upgrade",
            "user-agent");

    private final GivenSettings given;
    private final String name;
    private final Type type;

    private DestinationSettings(GivenSettings given, String name) {
        this.given = given;
        this.name = name;
        this.type = given.value(SettingsTable.TYPE, name);
    }

    static DestinationConfig read(GivenSettings given, String name) {
        return new DestinationSettings(given, name).config();
    }

    private DestinationConfig config() {
        final boolean toFile = type == Type.OTLP_FILE;
        refuseGiven(
                toFile ? OF_NETWORKS : OF_FILES,
                "is not for type " + type.name().toLowerCase(Locale.ROOT));
        final URI endpoint = toFile ? null : endpoint();
        return new DestinationConfig(
                name,
                type,
                endpoint,
                headers(toFile),
                given.value(SettingsTable.COMPRESSION, name).equals(SettingsTable.GZIP),
                given.value(SettingsTable.TIMEOUT, name),
                given.value(SettingsTable.REQUESTS, name),
                given.value(SettingsTable.REQUEST_BYTES, name),
                retry(),
                tls(endpoint),
                toFile ? file() : null);
    }

    private void refuseGiven(List<BridgeSetting<?>> settings, String why) {
        for (BridgeSetting<?> setting : settings) {
            if (isGiven(setting)) {
                given.problem(key(setting) + " " + why + ", but is given in " + given.origin(key(setting)));
            }
        }
    }

    private Key key(BridgeSetting<?> setting) {
        return new Key(setting, name, null);
    }

    private boolean isGiven(BridgeSetting<?> setting) {
        return given.isGiven(key(setting));
    }

    /** The endpoint with default port and path filled in. */
    private URI endpoint() {
        final URI byDefault = URI.create(ENDPOINTS.get(type));
        final URI found = given.value(SettingsTable.ENDPOINT, name);
        final URI uri = found == null ? byDefault : found;
        if (uri.getRawUserInfo() != null) {
            given.problem(given.named(SettingsTable.ENDPOINT, name)
                    + " contains credentials, which are not supported in a URL; set headers.authorization instead");
        }
        final boolean hasPath = uri.getRawPath().length() > 1;
        if (type == Type.OTLP_HTTP) {
            return URI.create(base(uri)
                    + (hasPath ? uri.getRawPath() : TRACES_PATH)
                    + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
        }
        if (hasPath || uri.getRawQuery() != null) {
            given.problem(given.named(SettingsTable.ENDPOINT, name)
                    + " has a path or a query, which otlp_grpc does not support");
        }
        return URI.create(base(uri));
    }

    private static String base(URI uri) {
        final int port = uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals(TLS) ? HTTPS_PORT : HTTP_PORT;
        return uri.getScheme() + "://" + uri.getHost() + ":" + port;
    }

    private Map<String, String> headers(boolean toFile) {
        final Map<String, String> headers = new TreeMap<>();
        for (String header : given.headers(name)) {
            final Key key = new Key(SettingsTable.HEADER, name, header);
            final String problem = toFile
                    ? "is not for type " + SettingsTable.OTLP_FILE
                    : !HEADER.matcher(header).matches()
                            ? "is not a valid header name: 1 to 128 letters, digits, '-', '_' and '.'"
                            : RESERVED.contains(header) || header.startsWith("grpc-") || header.endsWith("-bin")
                                    ? "is a header that cannot be set"
                                    : "";
            if (problem.isEmpty()) {
                headers.put(header, given.value(SettingsTable.HEADER, key));
            } else {
                given.problem(SettingKind.clean(key.toString()) + " in " + given.origin(key) + " " + problem);
            }
        }
        if (headers.size() > MOST_HEADERS) {
            given.problem("destination " + name + " has more than " + MOST_HEADERS + " headers");
        }
        return Collections.unmodifiableMap(headers);
    }

    private Retry retry() {
        final long firstNs = given.value(SettingsTable.RETRY_FIRST, name);
        final long longestNs = given.value(SettingsTable.RETRY_LONGEST, name);
        if (firstNs > longestNs) {
            given.problem(given.named(SettingsTable.RETRY_FIRST, name) + " is longer than "
                    + given.named(SettingsTable.RETRY_LONGEST, name));
        }
        return new Retry(firstNs, longestNs);
    }

    private Tls tls(URI endpoint) {
        if (endpoint == null || !endpoint.getScheme().equals(TLS)) {
            refuseGiven(OF_TLS, "is for endpoints that begin with https://");
            return null;
        }
        if (isGiven(SettingsTable.TLS_CERTIFICATE) != isGiven(SettingsTable.TLS_KEY)) {
            given.problem(key(SettingsTable.TLS_CERTIFICATE) + " and " + key(SettingsTable.TLS_KEY)
                    + " must be given together, but only one is");
        }
        if (type == Type.OTLP_HTTP) {
            refuseGiven(List.of(SettingsTable.TLS_SERVER_NAME), SettingsTable.ONLY_GRPC);
        }
        return new Tls(
                given.value(SettingsTable.TLS_AUTHORITIES, name),
                given.value(SettingsTable.TLS_CERTIFICATE, name),
                given.value(SettingsTable.TLS_KEY, name),
                given.value(SettingsTable.TLS_SERVER_NAME, name),
                given.value(SettingsTable.TLS_RELOAD, name));
    }

    private DestinationConfig.File file() {
        if (!isGiven(SettingsTable.PATH)) {
            given.problem("destination " + name + " is an otlp_file and needs " + key(SettingsTable.PATH));
        }
        return new DestinationConfig.File(
                given.value(SettingsTable.PATH, name), (long) given.value(SettingsTable.MEGABYTES, name) << 20);
    }

    /** Whether a destination uses a setting other than headers; unused settings are not shown. */
    static boolean isUsed(BridgeSetting<?> setting, DestinationConfig config) {
        return OF_FILES.contains(setting)
                ? config.file() != null
                : OF_TLS.contains(setting)
                        ? config.tls() != null
                        : !OF_NETWORKS.contains(setting) || config.file() == null;
    }
}
