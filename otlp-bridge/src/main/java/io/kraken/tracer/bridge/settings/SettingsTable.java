package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.BridgeSetting.Key;
import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The table of all settings, in the order in which they are shown. Parsing, validation and help are derived from it.
 */
final class SettingsTable {

    static final String OTLP_GRPC = "otlp_grpc";
    static final String OTLP_HTTP = "otlp_http";
    static final String OTLP_FILE = "otlp_file";
    static final String GZIP = "gzip";

    /** The JDK's HTTP client always expects the host of the URL. */
    static final String ONLY_GRPC = "is for gRPC; with HTTP, the server's certificate must have the host of the URL";

    private static final String SERVER_NAME_HELP =
            "host name expected in the certificate of a gRPC server; default: the host of the URL";

    private static final List<BridgeSetting<?>> ROWS = new ArrayList<>();

    static final BridgeSetting<Path> CONFIG = row(
            "config",
            SettingKind.PATH,
            "",
            "YAML file with settings below the key 'bridge'; not a setting of that file");
    static final BridgeSetting<Path> QUEUES = row(
            "queues",
            SettingKind.QUEUES,
            "auto",
            "root directory of the services' queues; auto: below the user's state directory");
    static final BridgeSetting<Long> DECISION_DELAY = row(
            "decision_delay",
            SettingKind.duration("0", "1h"),
            "10s",
            "delay before the decision whether a trace is kept; spans that arrive in the meantime take part in it");
    static final BridgeSetting<Long> BATCH_DELAY = row(
            "batch_delay",
            SettingKind.duration("0", "1m"),
            "200ms",
            "how long spans wait to be sent together with later ones");
    static final BridgeSetting<Long> STALL = row(
            "stall",
            SettingKind.duration("100ms", "10m"),
            "5s",
            "time without progress in a queue file after which reading goes on with the next file, if there is one");
    static final BridgeSetting<Integer> DISK_MEGABYTES = row(
            "disk.megabytes",
            SettingKind.number(64, 1 << 20),
            "3072",
            "maximum disk space of all queues together; above it the oldest files are deleted, shipped or not");
    static final BridgeSetting<Long> QUARANTINE = row(
            "quarantine", SettingKind.duration("0", "8760h"), "24h", "how long damaged queues are kept for inspection");
    static final BridgeSetting<Long> DRAIN = row(
            "drain",
            SettingKind.duration("0", "10m"),
            "10s",
            "timeout of a graceful shutdown, in which spans that were read are still sent");
    static final BridgeSetting<Integer> THREADS =
            row("threads", SettingKind.THREADS, "auto", "threads that read queues; auto: one per processor");
    static final BridgeSetting<Optional<InetSocketAddress>> LISTEN = row(
            BridgeConfig.LISTEN,
            SettingKind.LISTEN,
            "127.0.0.1:8888",
            "address of /metrics, /healthz and /readyz, without authentication; port 0: any free port");

    static final BridgeSetting<Boolean> KEEP_ERRORS =
            row("keep.errors", SettingKind.SWITCH, "true", "keep traces that contain a span with status error");
    static final BridgeSetting<Long> KEEP_SLOW = row(
            "keep.slow",
            SettingKind.duration("0", "1h"),
            "1s",
            "keep traces whose root span took at least this long; 0: off");
    static final BridgeSetting<Double> KEEP_SHARE =
            row("keep.share", SettingKind.SHARE, "0", "share of the other traces that is kept, chosen by trace id");
    static final BridgeSetting<Integer> KEEP_TRACES = row(
            "keep.traces",
            SettingKind.number(1000, 10_000_000),
            "500000",
            "maximum number of remembered trace ids, 16 bytes each");
    static final BridgeSetting<Long> KEEP_REMEMBER = row(
            "keep.remember",
            SettingKind.duration("1s", "24h"),
            "5m",
            "how long the id of a kept trace is remembered; at least decision_delay");

    static final BridgeSetting<SpanFiles> SPAN_FILES = row(
            "span_files",
            SettingKind.SPAN_FILES,
            "auto",
            "directory of the services' span files, which are read for /metrics and through which tracers are"
                    + " controlled; auto: kraken.tracer.file, else shared memory");

    static final BridgeSetting<Optional<URI>> REMOTE_ENDPOINT = row(
            "sampling.remote.endpoint",
            SettingKind.SAMPLING_ENDPOINT,
            "off",
            "server of Jaeger's remote sampling for the services of this host: http(s), default path /sampling and"
                    + " port 5778, or grpc(s), default port 14250");
    static final BridgeSetting<Long> REMOTE_INTERVAL = row(
            "sampling.remote.interval",
            SettingKind.duration("1s", "1h"),
            "60s",
            "interval of the requests; the last answer stays in force until the next");
    static final BridgeSetting<Long> REMOTE_TIMEOUT =
            row("sampling.remote.timeout", SettingKind.duration("10ms", "1m"), "5s", "timeout of one request");
    static final BridgeSetting<Path> REMOTE_AUTHORITIES = row(
            "sampling.remote.tls.authorities",
            SettingKind.READABLE,
            "",
            "CA certificates, PEM; default: the JVM's trust store");
    static final BridgeSetting<Path> REMOTE_CERTIFICATE =
            row("sampling.remote.tls.certificate", SettingKind.READABLE, "", "client certificate and its chain, PEM");
    static final BridgeSetting<Path> REMOTE_KEY = row(
            "sampling.remote.tls.key",
            SettingKind.READABLE,
            "",
            "key of the client certificate, PEM, PKCS #8, not encrypted");
    static final BridgeSetting<String> REMOTE_SERVER_NAME =
            row("sampling.remote.tls.server_name", SettingKind.HOST_NAME, "", SERVER_NAME_HELP);
    static final BridgeSetting<Long> REMOTE_RELOAD = row(
            "sampling.remote.tls.reload",
            SettingKind.duration("1s", "24h"),
            "10s",
            "interval of checks whether the files have changed");

    static final BridgeSetting<Double> SERVICE_RATE = ofService(
            "sampling.rate",
            SettingKind.SHARE,
            "share of its traces that is sampled; service '*' applies to all services without a setting of their"
                    + " own");
    static final BridgeSetting<Double> SERVICE_LIMIT = ofService(
            "sampling.limit",
            SettingKind.PER_SECOND,
            "maximum of sampled traces a second in each process; 0: no limit");
    static final BridgeSetting<Double> SERVICE_LOWER_BOUND = ofService(
            "sampling.lower_bound",
            SettingKind.PER_SECOND,
            "minimum of sampled traces a second of each operation without a lower bound of its own");
    static final BridgeSetting<Double> OPERATION_RATE = ofService(
            "operations.<operation>.rate", SettingKind.SHARE, "share of the operation's traces that is sampled");
    static final BridgeSetting<Double> OPERATION_LOWER_BOUND = ofService(
            "operations.<operation>.lower_bound",
            SettingKind.PER_SECOND,
            "minimum of sampled traces a second of the operation; requires its rate");
    static final BridgeSetting<Boolean> SERVICE_RECORDING =
            ofService("recording", SettingKind.SWITCH, "false: nothing is recorded, not even sampled traces");
    static final BridgeSetting<Boolean> SERVICE_BREAKER =
            ofService("breaker.enabled", SettingKind.SWITCH, "whether the circuit breaker is enabled");
    static final BridgeSetting<Double> SERVICE_THRESHOLD =
            ofService("breaker.threshold", SettingKind.LOAD, "load at which the circuit breaker opens");

    static final BridgeSetting<Type> TYPE = ofDestination(
            "type",
            SettingKind.choice(
                    text -> Type.valueOf(text.toUpperCase(Locale.ROOT)), List.of(OTLP_GRPC, OTLP_HTTP, OTLP_FILE)),
            OTLP_GRPC,
            "protocol");
    static final BridgeSetting<URI> ENDPOINT = ofDestination(
            "endpoint",
            SettingKind.ENDPOINT,
            "",
            "URL of the collector; default http://localhost:4317, for otlp_http port 4318; https enables TLS;"
                    + " otlp_http appends /v1/traces to a URL without a path");
    static final BridgeSetting<String> HEADER = ofDestination(
            "headers.<header>",
            SettingKind.HEADER,
            "",
            "header of every request; not on the command line if secret, other users can see that");
    /** Off by default: most collectors run on the host or close to it, where CPU time matters more than bandwidth. */
    static final BridgeSetting<String> COMPRESSION = ofDestination(
            "compression",
            SettingKind.choice(text -> text, List.of(GZIP, "none")),
            "none",
            "gzip is worth it on slow or metered links; next to the collector it costs more time than it saves");

    static final BridgeSetting<Long> TIMEOUT =
            ofDestination("timeout", SettingKind.duration("10ms", "10m"), "10s", "timeout of one request");
    static final BridgeSetting<Integer> REQUESTS =
            ofDestination("requests", SettingKind.number(1, 64), "4", "maximum number of requests in flight");
    static final BridgeSetting<Integer> REQUEST_BYTES = ofDestination(
            "request_bytes",
            SettingKind.number(64 << 10, 16 << 20),
            "1048576",
            "maximum size of a request before compression; many servers refuse more than 4 MiB");
    static final BridgeSetting<Long> RETRY_FIRST = ofDestination(
            "retry.first",
            SettingKind.duration("10ms", "10m"),
            "1s",
            "backoff before the second attempt; each further one is half as long again");
    static final BridgeSetting<Long> RETRY_LONGEST = ofDestination(
            "retry.longest", SettingKind.duration("10ms", "1h"), "30s", "maximum backoff between attempts");
    static final BridgeSetting<Path> TLS_AUTHORITIES = ofDestination(
            "tls.authorities", SettingKind.READABLE, "", "CA certificates, PEM; default: the JVM's trust store");
    static final BridgeSetting<Path> TLS_CERTIFICATE =
            ofDestination("tls.certificate", SettingKind.READABLE, "", "client certificate and its chain, PEM");
    static final BridgeSetting<Path> TLS_KEY = ofDestination(
            "tls.key", SettingKind.READABLE, "", "key of the client certificate, PEM, PKCS #8, not encrypted");
    static final BridgeSetting<String> TLS_SERVER_NAME =
            ofDestination("tls.server_name", SettingKind.HOST_NAME, "", SERVER_NAME_HELP);
    static final BridgeSetting<Long> TLS_RELOAD = ofDestination(
            "tls.reload",
            SettingKind.duration("1s", "24h"),
            "10s",
            "interval of checks whether the files have changed");
    static final BridgeSetting<Path> PATH =
            ofDestination("path", SettingKind.PATH, "", "output file; required for otlp_file");
    static final BridgeSetting<Integer> MEGABYTES = ofDestination(
            "megabytes", SettingKind.number(1, 1 << 20), "256", "size at which the output file is rotated");

    private static final String HEADERS = "headers.";

    private SettingsTable() {}

    private static <T> BridgeSetting<T> row(String name, SettingKind<T> kind, String byDefault, String help) {
        final BridgeSetting<T> row = new BridgeSetting<>(name, kind, byDefault, help);
        ROWS.add(row);
        return row;
    }

    private static <T> BridgeSetting<T> ofDestination(String name, SettingKind<T> kind, String byDefault, String help) {
        return row(BridgeSetting.DESTINATIONS + "<name>." + name, kind, byDefault, help);
    }

    private static <T> BridgeSetting<T> ofService(String name, SettingKind<T> kind, String help) {
        return row(BridgeSetting.SERVICES + "<name>." + name, kind, "", help);
    }

    static List<BridgeSetting<?>> rows() {
        return Collections.unmodifiableList(ROWS);
    }

    /** The setting with a dotted name, in which '-' may replace '_'; null: unknown. */
    static Key find(String name) {
        if (name.startsWith(BridgeSetting.SERVICES)) {
            return ServiceSettings.find(name);
        }
        if (!name.startsWith(BridgeSetting.DESTINATIONS)) {
            final BridgeSetting<?> row = row(underscored(name), false);
            return row == null || !row.isGeneral() ? null : new Key(row, null, null);
        }
        final String[] parts = name.split("\\.", 3);
        if (parts.length < 3) {
            return null;
        }
        if (parts[2].startsWith(HEADERS)) {
            return new Key(
                    HEADER, parts[1], parts[2].substring(HEADERS.length()).toLowerCase(Locale.ROOT));
        }
        final BridgeSetting<?> row = row(underscored(parts[2]), true);
        return row == null ? null : new Key(row, parts[1], null);
    }

    private static BridgeSetting<?> row(String shortName, boolean ofDestination) {
        for (BridgeSetting<?> row : ROWS) {
            if (row.isOfDestination() == ofDestination
                    && !row.isOfService()
                    && row.shortName().equals(shortName)
                    && row != HEADER) {
                return row;
            }
        }
        return null;
    }

    static String underscored(String name) {
        return name.replace('-', '_');
    }

    /** Whether there are settings whose names begin with this one and a dot. */
    static boolean isGroup(String name) {
        if (name.startsWith(BridgeSetting.SERVICES)) {
            return ServiceSettings.isGroup(name);
        }
        final String[] parts = name.split("\\.", 3);
        final String general =
                parts[0] + (parts.length > 1 ? ".<name>" : "") + (parts.length > 2 ? "." + underscored(parts[2]) : "");
        final String group = (parts[0].equals("destinations") ? general : underscored(name)) + ".";
        for (BridgeSetting<?> row : ROWS) {
            if (row.name().startsWith(group)) {
                return true;
            }
        }
        return false;
    }

    /** The known name most similar to an unknown one; empty if none is similar. */
    static String nearest(String unknown) {
        final String name = underscored(unknown.toLowerCase(Locale.ROOT));
        final String[] parts = unknown.split("\\.", 3);
        String nearest = "";
        int smallest = Math.max(2, name.length() / 4) + 1;
        for (BridgeSetting<?> row : ROWS) {
            final String known = parts.length < 3 || row.isGeneral()
                    ? row.name()
                    : row.name().replace("<name>", parts[1]);
            final String last = known.substring(known.lastIndexOf('.') + 1);
            final int distance = Math.min(
                    EditDistance.between(name, underscored(known.toLowerCase(Locale.ROOT))),
                    !row.isGeneral() ? Integer.MAX_VALUE : EditDistance.between(name, last) + 1);
            if (distance < smallest) {
                smallest = distance;
                nearest = known;
            }
        }
        return nearest;
    }

    /** The settings as options, for the help of the command line. */
    static String help() {
        final StringBuilder text = new StringBuilder(6000);
        for (BridgeSetting<?> row : ROWS) {
            final String byDefault = row.byDefault().isEmpty() ? "" : "; default " + row.byDefault();
            text.append("  --")
                    .append(row.name().replace('_', '-'))
                    .append('=')
                    .append(row.kind().placeholder())
                    .append(System.lineSeparator());
            wrap(text, row.help());
            wrap(text, row.kind().range() + byDefault);
        }
        return text.toString();
    }

    private static void wrap(StringBuilder text, String words) {
        final String margin = " ".repeat(8);
        int column = Integer.MAX_VALUE;
        for (String word : words.split(" ")) {
            if (column > 100 - word.length()) {
                text.append(column == Integer.MAX_VALUE ? "" : System.lineSeparator())
                        .append(margin);
                column = margin.length();
            } else {
                text.append(' ');
                column++;
            }
            text.append(word);
            column += word.length();
        }
        text.append(System.lineSeparator());
    }
}
