package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.DestinationConfig.Retry;
import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingText;
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

    private static final List<Setting<?>> OF_NETWORKS =
            List.of(SettingsTable.ENDPOINT, SettingsTable.COMPRESSION, SettingsTable.TIMEOUT);
    private static final List<Setting<?>> OF_FILES = List.of(SettingsTable.PATH, SettingsTable.MEGABYTES);

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
    private final String typeName;

    private DestinationSettings(GivenSettings given, String name) {
        this.given = given;
        this.name = name;
        this.type = given.value(SettingsTable.TYPE, name);
        this.typeName = type.name().toLowerCase(Locale.ROOT);
    }

    static DestinationConfig read(GivenSettings given, String name) {
        return new DestinationSettings(given, name).config();
    }

    private DestinationConfig config() {
        final boolean toFile = type == Type.OTLP_FILE;
        given.refuse(toFile ? OF_NETWORKS : OF_FILES, name, "is not for type " + typeName);
        final URI endpoint = toFile ? null : endpoint();
        return new DestinationConfig(
                name,
                type,
                endpoint,
                headers(toFile),
                given.value(SettingsTable.COMPRESSION, name).equals(SettingsTable.GZIP),
                given.nanos(SettingsTable.TIMEOUT, name),
                given.value(SettingsTable.REQUESTS, name),
                given.value(SettingsTable.REQUEST_BYTES, name),
                retry(),
                SettingsTable.TLS.read(
                        given,
                        name,
                        endpoint != null && endpoint.getScheme().equals(TLS),
                        type == Type.OTLP_GRPC,
                        TLS + "://"),
                toFile ? file() : null);
    }

    private SettingKey key(Setting<?> setting) {
        return SettingKey.of(setting, name);
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
            final SettingKey key = new SettingKey(SettingsTable.HEADER, name, header);
            final String problem = toFile
                    ? "is not for type " + typeName
                    : !HEADER.matcher(header).matches()
                            ? "is not a valid header name: 1 to 128 letters, digits, '-', '_' and '.'"
                            : RESERVED.contains(header) || header.startsWith("grpc-") || header.endsWith("-bin")
                                    ? "is a header that cannot be set"
                                    : "";
            if (problem.isEmpty()) {
                headers.put(header, given.value(SettingsTable.HEADER, key));
            } else {
                given.problem(SettingText.clean(key.toString()) + " in " + given.origin(key) + " " + problem);
            }
        }
        if (headers.size() > MOST_HEADERS) {
            given.problem("destination " + name + " has more than " + MOST_HEADERS + " headers");
        }
        return Collections.unmodifiableMap(headers);
    }

    private Retry retry() {
        final long firstNs = given.nanos(SettingsTable.RETRY_FIRST, name);
        final long longestNs = given.nanos(SettingsTable.RETRY_LONGEST, name);
        if (firstNs > longestNs) {
            given.problem(given.named(SettingsTable.RETRY_FIRST, name) + " is longer than "
                    + given.named(SettingsTable.RETRY_LONGEST, name));
        }
        return new Retry(firstNs, longestNs);
    }

    private DestinationConfig.File file() {
        if (!given.isGiven(key(SettingsTable.PATH))) {
            given.problem("destination " + name + " is an otlp_file and needs " + key(SettingsTable.PATH));
        }
        return new DestinationConfig.File(
                given.value(SettingsTable.PATH, name), (long) given.value(SettingsTable.MEGABYTES, name) << 20);
    }

    /** Whether a destination uses a setting other than headers; unused settings are not shown. */
    static boolean isUsed(Setting<?> setting, DestinationConfig config) {
        return OF_FILES.contains(setting)
                ? config.file() != null
                : SettingsTable.TLS.all().contains(setting)
                        ? config.tls() != null
                        : !OF_NETWORKS.contains(setting) || config.file() == null;
    }
}
