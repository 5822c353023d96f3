package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingType;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The table of all settings, in the order in which they are shown. Parsing, validation and help are derived from it.
 */
final class SettingsTable {

    static final String GZIP = "gzip";

    private static final List<Setting<?>> ROWS = new ArrayList<>();

    static final Setting<Path> CONFIG = row(
            "config",
            BridgeTypes.PATH,
            "",
            "YAML file with settings below the key 'bridge'; not a setting of that file");
    static final Setting<Path> QUEUES = row(
            "queues",
            BridgeTypes.QUEUES,
            "auto",
            "root directory of the services' queues; auto: below the user's state directory");
    static final Setting<Duration> DECISION_DELAY = row(
            "decision_delay",
            SettingType.duration("0", "1h"),
            "10s",
            "delay before the decision whether a trace is kept; spans that arrive in the meantime take part in it");
    static final Setting<Duration> BATCH_DELAY = row(
            "batch_delay",
            SettingType.duration("0", "1m"),
            "200ms",
            "how long spans wait to be sent together with later ones");
    static final Setting<Duration> STALL = row(
            "stall",
            SettingType.duration("100ms", "10m"),
            "5s",
            "time without progress in a queue file after which reading goes on with the next file, if there is one");
    static final Setting<Integer> DISK_MEGABYTES = row(
            "disk.megabytes",
            SettingType.wholeNumber(64, 1 << 20),
            "3072",
            "maximum disk space of all queues together; above it the oldest files are deleted, shipped or not");
    static final Setting<Duration> WINDOW_TIME = row(
            "window.time",
            SettingType.duration("0", "24h"),
            "10m",
            "how long queue files are kept after they are shipped, so that the early spans of a trace that is kept late"
                    + " are found");
    static final Setting<Integer> WINDOW_MEGABYTES = row(
            "window.megabytes",
            SettingType.wholeNumber(0, 1 << 20),
            "2048",
            "maximum disk space of such files; they are also deleted to stay below disk.megabytes");
    static final Setting<Duration> QUARANTINE = row(
            "quarantine", SettingType.duration("0", "8760h"), "24h", "how long damaged queues are kept for inspection");
    static final Setting<Duration> DRAIN = row(
            "drain",
            SettingType.duration("0", "10m"),
            "10s",
            "timeout of a graceful shutdown, in which spans that were read are still sent");
    static final Setting<Integer> THREADS =
            row("threads", BridgeTypes.THREADS, "auto", "threads that read queues; auto: one per processor");
    static final Setting<Optional<InetSocketAddress>> LISTEN = row(
            BridgeConfig.LISTEN,
            BridgeTypes.LISTEN,
            "127.0.0.1:8888",
            "address of /metrics, /healthz and /readyz, without authentication; port 0: any free port");

    static final Setting<Boolean> KEEP_ERRORS =
            row("keep.errors", SettingType.SWITCH, "true", "keep traces that contain a span with status error");
    static final Setting<Duration> KEEP_SLOW = row(
            "keep.slow",
            SettingType.duration("0", "1h"),
            "1s",
            "keep traces whose root span took at least this long; 0: off");
    static final Setting<Double> KEEP_SHARE =
            row("keep.share", SettingType.SHARE, "0", "share of the other traces that is kept, chosen by trace id");
    static final Setting<Integer> KEEP_TRACES = row(
            "keep.traces",
            SettingType.wholeNumber(1000, 10_000_000),
            "500000",
            "maximum number of remembered trace ids, 16 bytes each");
    static final Setting<Duration> KEEP_REMEMBER = row(
            "keep.remember",
            SettingType.duration("1s", "24h"),
            "10m",
            "how long the id of a kept trace is remembered; at least decision_delay");

    static final Setting<SpanFiles> SPAN_FILES = row(
            "span_files",
            BridgeTypes.SPAN_FILES,
            "auto",
            "directory of the services' span files, which are read for /metrics and through which tracers are"
                    + " controlled; auto: kraken.tracer.file, else shared memory");

    static final Setting<Optional<URI>> REMOTE_ENDPOINT = row(
            "sampling.remote.endpoint",
            BridgeTypes.SAMPLING_ENDPOINT,
            "off",
            "server of Jaeger's remote sampling for the services of this host: http(s), default path /sampling and"
                    + " port 5778, or grpc(s), default port 14250");
    static final Setting<Duration> REMOTE_INTERVAL = row(
            "sampling.remote.interval",
            SettingType.duration("1s", "1h"),
            "60s",
            "interval of the requests; the last answer stays in force until the next");
    static final Setting<Duration> REMOTE_TIMEOUT =
            row("sampling.remote.timeout", SettingType.duration("10ms", "1m"), "5s", "timeout of one request");
    static final TlsSettings REMOTE_TLS = new TlsSettings("sampling.remote.tls.");

    static final Setting<Double> SERVICE_RATE = ofService(
            "sampling.rate",
            SettingType.SHARE,
            "share of its traces that is sampled; service '*' applies to all services without a setting of their"
                    + " own");
    static final Setting<Double> SERVICE_LIMIT = ofService(
            "sampling.limit",
            BridgeTypes.PER_SECOND,
            "maximum of sampled traces a second in each process; 0: no limit");
    static final Setting<Double> SERVICE_LOWER_BOUND = ofService(
            "sampling.lower_bound",
            BridgeTypes.PER_SECOND,
            "minimum of sampled traces a second of each operation without a lower bound of its own");
    static final Setting<Double> OPERATION_RATE = ofService(
            "operations.<operation>.rate", SettingType.SHARE, "share of the operation's traces that is sampled");
    static final Setting<Double> OPERATION_LOWER_BOUND = ofService(
            "operations.<operation>.lower_bound",
            BridgeTypes.PER_SECOND,
            "minimum of sampled traces a second of the operation; requires its rate");
    static final Setting<Boolean> SERVICE_RECORDING =
            ofService("recording", SettingType.SWITCH, "false: nothing is recorded, not even sampled traces");
    static final Setting<Boolean> SERVICE_BREAKER =
            ofService("breaker.enabled", SettingType.SWITCH, "whether the circuit breaker is enabled");
    static final Setting<Double> SERVICE_THRESHOLD =
            ofService("breaker.threshold", BridgeSettings.LOAD, "load at which the circuit breaker opens");

    static final Setting<Type> TYPE = ofDestination("type", BridgeTypes.PROTOCOL, "otlp_grpc", "protocol");
    static final Setting<URI> ENDPOINT = ofDestination(
            "endpoint",
            BridgeTypes.ENDPOINT,
            "",
            "URL of the collector; default http://localhost:4317, for otlp_http port 4318; https enables TLS;"
                    + " otlp_http appends /v1/traces to a URL without a path");
    static final Setting<String> HEADER = ofDestination(
            "headers.<header>",
            BridgeTypes.HEADER,
            "",
            "header of every request; not on the command line if secret, other users can see that");
    /** Off by default: most collectors run on the host or close to it, where CPU time matters more than bandwidth. */
    static final Setting<String> COMPRESSION = ofDestination(
            "compression",
            SettingType.choice(List.of(GZIP, "none")),
            "none",
            "gzip is worth it on slow or metered links; next to the collector it costs more time than it saves");

    static final Setting<Duration> TIMEOUT =
            ofDestination("timeout", SettingType.duration("10ms", "10m"), "10s", "timeout of one request");
    static final Setting<Integer> REQUESTS =
            ofDestination("requests", SettingType.wholeNumber(1, 64), "4", "maximum number of requests in flight");
    static final Setting<Integer> REQUEST_BYTES = ofDestination(
            "request_bytes",
            SettingType.wholeNumber(64 << 10, 16 << 20),
            "1048576",
            "maximum size of a request before compression; many servers refuse more than 4 MiB");
    static final Setting<Duration> RETRY_FIRST = ofDestination(
            "retry.first",
            SettingType.duration("10ms", "10m"),
            "1s",
            "backoff before the second attempt; each further one is half as long again");
    static final Setting<Duration> RETRY_LONGEST = ofDestination(
            "retry.longest", SettingType.duration("10ms", "1h"), "30s", "maximum backoff between attempts");
    static final TlsSettings TLS = new TlsSettings(SettingKey.DESTINATIONS + "<name>.tls.");
    static final Setting<Path> PATH =
            ofDestination("path", BridgeTypes.PATH, "", "output file; required for otlp_file");
    static final Setting<Integer> MEGABYTES = ofDestination(
            "megabytes", SettingType.wholeNumber(1, 1 << 20), "256", "size at which the output file is rotated");

    /** What can be changed while the bridge runs, beside the settings of services; see {@link BridgeConfig#changed}. */
    static final Set<Setting<?>> CHANGEABLE = Set.of(
            DISK_MEGABYTES,
            WINDOW_TIME,
            WINDOW_MEGABYTES,
            QUARANTINE,
            DRAIN,
            KEEP_ERRORS,
            KEEP_SLOW,
            KEEP_SHARE,
            KEEP_REMEMBER,
            REMOTE_INTERVAL);

    private SettingsTable() {}

    static <T> Setting<T> row(String name, SettingType<T> type, String byDefault, String help) {
        final Setting<T> row = Setting.described(name, type, byDefault, help);
        ROWS.add(row);
        return row;
    }

    private static <T> Setting<T> ofDestination(String name, SettingType<T> type, String byDefault, String help) {
        return row(SettingKey.DESTINATIONS + "<name>." + name, type, byDefault, help);
    }

    private static <T> Setting<T> ofService(String name, SettingType<T> type, String help) {
        return row(SettingKey.SERVICES + "<name>." + name, type, "", help);
    }

    static List<Setting<?>> rows() {
        return Collections.unmodifiableList(ROWS);
    }

    /** The settings as options, for the help of the command line. */
    static String help() {
        final StringBuilder text = new StringBuilder(6000);
        for (Setting<?> row : ROWS) {
            final String byDefault = row.defaultText().isEmpty() ? "" : "; default " + row.defaultText();
            text.append("  --")
                    .append(row.property().replace('_', '-'))
                    .append('=')
                    .append(row.type().placeholder())
                    .append(System.lineSeparator());
            wrap(text, row.help());
            wrap(text, row.range() + byDefault);
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
