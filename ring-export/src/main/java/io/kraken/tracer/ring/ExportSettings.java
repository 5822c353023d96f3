package io.kraken.tracer.ring;

import static io.kraken.tracer.settings.SettingType.ADDRESS;
import static io.kraken.tracer.settings.SettingType.SECRETS;
import static io.kraken.tracer.settings.SettingType.TEXT;
import static io.kraken.tracer.settings.SettingType.choice;
import static io.kraken.tracer.settings.SettingType.millis;
import static io.kraken.tracer.settings.SettingType.multiple;
import static io.kraken.tracer.settings.SettingType.wholeNumber;

import io.kraken.tracer.settings.Setting;
import java.util.List;

/** Settings of the export from the records to a destination; read from the same sources as those of the tracer. */
public final class ExportSettings {

    public static final String OTLP = "otlp";
    public static final String CONSOLE = "console";
    public static final String FILE = "file";
    public static final String QUEUE = "queue";
    public static final String DISCARD = "discard";
    public static final String NONE = "none";

    static final String HTTP_PROTOBUF = "http/protobuf";
    static final String GRPC = "grpc";

    /** Destination of the spans. */
    public static final Setting<String> SINK = Setting.of(
            "kraken.tracer.sink",
            choice(List.of(OTLP, QUEUE, CONSOLE, FILE, DISCARD, NONE)),
            OTLP,
            "OTEL_TRACES_EXPORTER");

    /** Maximum number of spans in a batch; a quarter of all records where that is less. */
    public static final Setting<Integer> BATCH_RECORDS =
            Setting.of("kraken.tracer.batch.records", wholeNumber(1, 1 << 20), 4096, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    /** Maximum number of bytes of a batch. */
    public static final Setting<Integer> BATCH_BYTES =
            Setting.of("kraken.tracer.batch.bytes", wholeNumber(1 << 19, 1 << 26), 1 << 20);
    /** How long the first span of a batch waits for others. */
    public static final Setting<Integer> BATCH_MILLIS =
            Setting.of("kraken.tracer.batch.millis", millis(0, 600_000), 1000, "OTEL_BSP_SCHEDULE_DELAY");
    /** Interval at which the exporter sweeps the chunks while it finds ended spans. */
    public static final Setting<Integer> SWEEP_MILLIS =
            Setting.of("kraken.tracer.sweep.millis", wholeNumber(1, 600_000), 5);
    /** Maximum number of bytes of an exception's stack trace; 0 omits it. */
    public static final Setting<Integer> STACK_TRACE_BYTES =
            Setting.of("kraken.tracer.stacktrace.bytes", wholeNumber(0, 32_768), 8192);
    /** How long a span waits for messages and stack traces of exceptions whose own methods do not return. */
    public static final Setting<Integer> STACK_TRACE_MILLIS =
            Setting.of("kraken.tracer.stacktrace.millis", millis(1, 60_000), 1000);

    /** Endpoint, used unchanged. */
    public static final Setting<String> OTLP_TRACES_ENDPOINT =
            Setting.of("kraken.tracer.otlp.traces.endpoint", ADDRESS, "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    /** Endpoint to which {@code /v1/traces} is appended. */
    public static final Setting<String> OTLP_ENDPOINT =
            Setting.of("kraken.tracer.otlp.endpoint", ADDRESS, "http://localhost:4318", "OTEL_EXPORTER_OTLP_ENDPOINT");
    /** {@code key=value,...}, values percent-encoded. */
    public static final Setting<String> OTLP_HEADERS = Setting.of(
            "kraken.tracer.otlp.headers",
            SECRETS,
            "",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "OTEL_EXPORTER_OTLP_HEADERS");

    public static final Setting<String> OTLP_COMPRESSION = Setting.of(
            "kraken.tracer.otlp.compression",
            choice(List.of(NONE, "gzip")),
            NONE,
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_COMPRESSION");
    /** This process sends protobuf over HTTP only; gRPC is available in the bridge. */
    public static final Setting<String> OTLP_PROTOCOL = Setting.of(
            "kraken.tracer.otlp.protocol",
            choice(List.of(HTTP_PROTOBUF, "http/json", GRPC)),
            HTTP_PROTOBUF,
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL");
    /** PEM file with CA certificates; default: the JVM's trust store. */
    public static final Setting<String> OTLP_CERTIFICATE = Setting.of(
            "kraken.tracer.otlp.certificate",
            TEXT,
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CERTIFICATE");
    /** PEM file with the client certificate and its chain. */
    public static final Setting<String> OTLP_CLIENT_CERTIFICATE = Setting.of(
            "kraken.tracer.otlp.client.certificate",
            TEXT,
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
    /** PEM file with the key of the client certificate, PKCS #8, not encrypted. */
    public static final Setting<String> OTLP_CLIENT_KEY = Setting.of(
            "kraken.tracer.otlp.client.key",
            TEXT,
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    /** Timeout of one request, from connecting to the end of the response. */
    public static final Setting<Integer> OTLP_TIMEOUT_MILLIS = Setting.of(
            "kraken.tracer.otlp.timeout.millis",
            millis(1, 3_600_000),
            10_000,
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_BSP_EXPORT_TIMEOUT");
    /** Maximum number of requests in flight or waiting for a retry. */
    public static final Setting<Integer> OTLP_REQUESTS =
            Setting.of("kraken.tracer.otlp.requests", wholeNumber(1, 64), 8);
    /** Maximum number of bytes of a request before compression; many servers refuse more than 4 MiB. */
    public static final Setting<Integer> OTLP_REQUEST_BYTES =
            Setting.of("kraken.tracer.otlp.request.bytes", wholeNumber(1 << 20, 64 << 20), 2 << 20);
    /** Attempts for one request, the first one included. */
    public static final Setting<Integer> OTLP_ATTEMPTS =
            Setting.of("kraken.tracer.otlp.attempts", wholeNumber(1, 1000), 5);

    /** Path of the file sink. */
    public static final Setting<String> FILE_PATH = Setting.of("kraken.tracer.sink.file", TEXT, "traces.jsonl");
    /** At this size the file is renamed to {@code ....1}, replacing an older one. */
    public static final Setting<Integer> FILE_MEGABYTES =
            Setting.of("kraken.tracer.sink.file.megabytes", wholeNumber(1, 1 << 20), 256);

    /** Root directory of all queues of a host; {@code auto} is below the user's state directory. */
    public static final Setting<String> QUEUE_DIR = Setting.of("kraken.tracer.queue.dir", TEXT, "auto");
    /**
     * Maximum disk space of all queues below the root together, without what the bridge keeps after it was shipped;
     * above it spans are dropped.
     */
    public static final Setting<Integer> QUEUE_MEGABYTES =
            Setting.of("kraken.tracer.queue.megabytes", wholeNumber(64, 1 << 20), 4096);
    /** Disk space that is left free for others; below it spans are dropped. */
    public static final Setting<Integer> QUEUE_RESERVE_MEGABYTES =
            Setting.of("kraken.tracer.queue.reserve.megabytes", wholeNumber(0, 1 << 20), 512);
    /** Length, in seconds, of the period for which a queue has one file: files are deleted as a whole. */
    public static final Setting<Integer> QUEUE_CYCLE = Setting.of("kraken.tracer.queue.cycle", multiple(5, 10, 30), 20);

    private ExportSettings() {}

    static List<Setting<?>> all() {
        return Setting.declaredIn(ExportSettings.class);
    }
}
