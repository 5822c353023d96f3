package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.BridgeSetting.Key;
import io.kraken.tracer.bridge.DestinationConfig.Type;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All settings there are, in the order in which they are shown; what is read, refused and explained follows it. */
final class SettingsTable {

    static final String OTLP_GRPC = "otlp_grpc";
    static final String OTLP_HTTP = "otlp_http";
    static final String OTLP_FILE = "otlp_file";
    static final String GZIP = "gzip";

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
            "where services have their queues; auto: in the user's state directory");
    static final BridgeSetting<Long> DECISION_DELAY = row(
            "decision_delay",
            SettingKind.duration("0", "1h"),
            "10s",
            "how long spans wait until it is decided whether their trace is kept");
    static final BridgeSetting<Long> BATCH_DELAY = row(
            "batch_delay", SettingKind.duration("0", "1m"), "200ms", "how long spans wait for others to be sent with");
    static final BridgeSetting<Long> STALL = row(
            "stall",
            SettingKind.duration("100ms", "10m"),
            "5s",
            "how long a queue's file may yield nothing, while there is a later one, until it is left behind");
    static final BridgeSetting<Integer> DISK_MEGABYTES = row(
            "disk.megabytes", SettingKind.number(64, 1 << 20), "3072", "what all queues together may take of the disk");
    static final BridgeSetting<Long> QUARANTINE = row(
            "quarantine",
            SettingKind.duration("0", "8760h"),
            "24h",
            "how long damaged queues are kept to be looked at");
    static final BridgeSetting<Long> DRAIN =
            row("drain", SettingKind.duration("0", "10m"), "10s", "how long the bridge may take to end");
    static final BridgeSetting<Integer> THREADS =
            row("threads", SettingKind.THREADS, "auto", "how many may read queues; auto: one for each processor");
    static final BridgeSetting<Optional<InetSocketAddress>> LISTEN = row(
            "listen",
            SettingKind.LISTEN,
            "127.0.0.1:8888",
            "where /metrics, /healthz and /readyz are served, without a password; port 0: any that is free");

    static final BridgeSetting<Boolean> KEEP_ERRORS =
            row("keep.errors", SettingKind.SWITCH, "true", "keep traces with a span whose status is an error");
    static final BridgeSetting<Long> KEEP_SLOW = row(
            "keep.slow",
            SettingKind.duration("0", "1h"),
            "1s",
            "keep traces whose root took at least so long; 0: none");
    static final BridgeSetting<Double> KEEP_SHARE =
            row("keep.share", SettingKind.SHARE, "0", "how many of the other traces are kept, chosen by their ids");
    static final BridgeSetting<Integer> KEEP_TRACES = row(
            "keep.traces",
            SettingKind.number(1000, 10_000_000),
            "500000",
            "how many traces are remembered at the most, at 16 bytes each");
    static final BridgeSetting<Long> KEEP_REMEMBER = row(
            "keep.remember",
            SettingKind.duration("1s", "24h"),
            "5m",
            "how long it is remembered that a trace is kept; at least decision_delay");

    static final BridgeSetting<SpanFiles> SPAN_FILES = row(
            "span_files",
            SettingKind.SPAN_FILES,
            "auto",
            "where services have their span files, which are read for /metrics and get what is said to the"
                    + " tracers; auto: where kraken.tracer.file says, else in shared memory");

    static final BridgeSetting<Optional<URI>> REMOTE_ENDPOINT = row(
            "sampling.remote.endpoint",
            SettingKind.SAMPLING_ENDPOINT,
            "off",
            "who is asked for the sampling of each service on this host, by Jaeger's protocol: http(s) asks for"
                    + " /sampling unless there is a path, port 5778; grpc(s) port 14250");
    static final BridgeSetting<Long> REMOTE_INTERVAL = row(
            "sampling.remote.interval",
            SettingKind.duration("1s", "1h"),
            "60s",
            "how often it is asked; what it has said last stays in force meanwhile");
    static final BridgeSetting<Long> REMOTE_TIMEOUT =
            row("sampling.remote.timeout", SettingKind.duration("10ms", "1m"), "5s", "how long its answer may take");
    static final BridgeSetting<Path> REMOTE_AUTHORITIES = row(
            "sampling.remote.tls.authorities",
            SettingKind.READABLE,
            "",
            "PEM, whom to believe; else whom the JVM believes");
    static final BridgeSetting<Path> REMOTE_CERTIFICATE = row(
            "sampling.remote.tls.certificate",
            SettingKind.READABLE,
            "",
            "PEM, our own chain, for a server that asks for one");
    static final BridgeSetting<Path> REMOTE_KEY = row(
            "sampling.remote.tls.key", SettingKind.READABLE, "", "PEM, the certificate's key: PKCS #8, not encrypted");
    static final BridgeSetting<String> REMOTE_SERVER_NAME = row(
            "sampling.remote.tls.server_name",
            SettingKind.HOST_NAME,
            "",
            "the name in the server's certificate; else the URL's host");
    static final BridgeSetting<Long> REMOTE_RELOAD = row(
            "sampling.remote.tls.reload",
            SettingKind.duration("1s", "24h"),
            "10s",
            "how often it is looked whether the files changed");

    static final BridgeSetting<Double> SERVICE_RATE = ofService(
            "sampling.rate",
            SettingKind.SHARE,
            "the share of its traces that is sampled; the service '*' is every one that has nothing of its own"
                    + " to say");
    static final BridgeSetting<Double> SERVICE_LIMIT = ofService(
            "sampling.limit", SettingKind.PER_SECOND, "traces a second that each process samples at the most; 0: any");
    static final BridgeSetting<Double> SERVICE_LOWER_BOUND = ofService(
            "sampling.lower_bound",
            SettingKind.PER_SECOND,
            "traces a second that are sampled of each operation at the least, where its own rate has no bound");
    static final BridgeSetting<Double> OPERATION_RATE = ofService(
            "operations.<operation>.rate", SettingKind.SHARE, "the share of an operation's traces that is sampled");
    static final BridgeSetting<Double> OPERATION_LOWER_BOUND = ofService(
            "operations.<operation>.lower_bound",
            SettingKind.PER_SECOND,
            "traces a second of that operation that are sampled at the least; needs a rate beside it");
    static final BridgeSetting<Boolean> SERVICE_RECORDING =
            ofService("recording", SettingKind.SWITCH, "false: nothing is recorded, whatever is sampled");
    static final BridgeSetting<Boolean> SERVICE_BREAKER =
            ofService("breaker.enabled", SettingKind.SWITCH, "whether the circuit breaker may open");
    static final BridgeSetting<Double> SERVICE_THRESHOLD =
            ofService("breaker.threshold", SettingKind.LOAD, "the load at which it opens");

    static final BridgeSetting<Type> TYPE = ofDestination(
            "type",
            SettingKind.choice(
                    text -> Type.valueOf(text.toUpperCase(Locale.ROOT)), List.of(OTLP_GRPC, OTLP_HTTP, OTLP_FILE)),
            OTLP_GRPC,
            "how spans are sent");
    static final BridgeSetting<URI> ENDPOINT = ofDestination(
            "endpoint",
            SettingKind.ENDPOINT,
            "",
            "where to; else http://localhost:4317, for otlp_http :4318; https is TLS;"
                    + " otlp_http adds /v1/traces to a URL without a path");
    static final BridgeSetting<String> HEADER = ofDestination(
            "headers.<header>", SettingKind.HEADER, "", "sent with every request; others can see a command line");
    /** Most collectors are on the host or next to it, where a core's time is worth more than the bytes. */
    static final BridgeSetting<String> COMPRESSION = ofDestination(
            "compression",
            SettingKind.choice(text -> text, List.of(GZIP, "none")),
            "none",
            "gzip pays on slow or metered lines; next to the collector it costs more time than it saves");

    static final BridgeSetting<Long> TIMEOUT =
            ofDestination("timeout", SettingKind.duration("10ms", "10m"), "10s", "how long an answer may take");
    static final BridgeSetting<Integer> REQUESTS =
            ofDestination("requests", SettingKind.number(1, 64), "4", "how many may be under way at a time");
    static final BridgeSetting<Integer> REQUEST_BYTES = ofDestination(
            "request_bytes",
            SettingKind.number(64 << 10, 16 << 20),
            "1048576",
            "a request's size before compression, at the most; servers commonly refuse more than 4 MiB");
    static final BridgeSetting<Long> RETRY_FIRST = ofDestination(
            "retry.first",
            SettingKind.duration("10ms", "10m"),
            "1s",
            "the wait before the second try; each is half as long again");
    static final BridgeSetting<Long> RETRY_LONGEST = ofDestination(
            "retry.longest", SettingKind.duration("10ms", "1h"), "30s", "the wait between tries, at the most");
    static final BridgeSetting<Path> TLS_AUTHORITIES = ofDestination(
            "tls.authorities", SettingKind.READABLE, "", "PEM, whom to believe; else whom the JVM believes");
    static final BridgeSetting<Path> TLS_CERTIFICATE = ofDestination(
            "tls.certificate", SettingKind.READABLE, "", "PEM, our own chain, for servers that ask for one");
    static final BridgeSetting<Path> TLS_KEY =
            ofDestination("tls.key", SettingKind.READABLE, "", "PEM, the certificate's key: PKCS #8, not encrypted");
    static final BridgeSetting<String> TLS_SERVER_NAME = ofDestination(
            "tls.server_name", SettingKind.HOST_NAME, "", "the name in the server's certificate; else the URL's host");
    static final BridgeSetting<Long> TLS_RELOAD = ofDestination(
            "tls.reload", SettingKind.duration("1s", "24h"), "10s", "how often it is looked whether the files changed");
    static final BridgeSetting<Path> PATH =
            ofDestination("path", SettingKind.PATH, "", "the file of an otlp_file, which needs one");
    static final BridgeSetting<Integer> MEGABYTES = ofDestination(
            "megabytes", SettingKind.number(1, 1 << 20), "256", "how large that file gets before it is renamed");

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

    /** What a dotted name says, with '-' for '_' if one likes; null: nothing. */
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

    /** The known name that looks most like one that is not known; empty when none does. */
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

    /** The settings as the command line takes them, for its help. */
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
