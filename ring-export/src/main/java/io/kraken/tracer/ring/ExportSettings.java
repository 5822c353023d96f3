package io.kraken.tracer.ring;

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
    public static final Setting<String> SINK = Setting.ofChoice(
            "kraken.tracer.sink", OTLP, List.of(OTLP, QUEUE, CONSOLE, FILE, DISCARD, NONE), "OTEL_TRACES_EXPORTER");

    /** Maximum number of spans in a batch; a quarter of all records where that is less. */
    public static final Setting<Integer> BATCH_RECORDS =
            Setting.ofInt("kraken.tracer.batch.records", 4096, 1, 1 << 20, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    /** Maximum number of bytes of a batch. */
    public static final Setting<Integer> BATCH_BYTES =
            Setting.ofInt("kraken.tracer.batch.bytes", 1 << 20, 1 << 19, 1 << 26);
    /** How long the first span of a batch waits for others. */
    public static final Setting<Integer> BATCH_MILLIS =
            Setting.ofMillis("kraken.tracer.batch.millis", 1000, 0, 600_000, "OTEL_BSP_SCHEDULE_DELAY");
    /** Interval at which the exporter sweeps the chunks while it finds ended spans. */
    public static final Setting<Integer> SWEEP_MILLIS = Setting.ofInt("kraken.tracer.sweep.millis", 5, 1, 600_000);
    /** Maximum number of bytes of an exception's stack trace; 0 omits it. */
    public static final Setting<Integer> STACK_TRACE_BYTES =
            Setting.ofInt("kraken.tracer.stacktrace.bytes", 8192, 0, 32_768);
    /** How long a span waits for messages and stack traces of exceptions whose own methods do not return. */
    public static final Setting<Integer> STACK_TRACE_MILLIS =
            Setting.ofMillis("kraken.tracer.stacktrace.millis", 1000, 1, 60_000);

    /** Endpoint, used unchanged. */
    public static final Setting<String> OTLP_TRACES_ENDPOINT =
            Setting.ofAddress("kraken.tracer.otlp.traces.endpoint", "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    /** Endpoint to which {@code /v1/traces} is appended. */
    public static final Setting<String> OTLP_ENDPOINT =
            Setting.ofAddress("kraken.tracer.otlp.endpoint", "http://localhost:4318", "OTEL_EXPORTER_OTLP_ENDPOINT");
    /** {@code key=value,...}, values percent-encoded. */
    public static final Setting<String> OTLP_HEADERS = Setting.ofSecrets(
            "kraken.tracer.otlp.headers", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS");

    public static final Setting<String> OTLP_COMPRESSION = Setting.ofChoice(
            "kraken.tracer.otlp.compression",
            NONE,
            List.of(NONE, "gzip"),
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_COMPRESSION");
    /** This process sends protobuf over HTTP only; gRPC is available in the bridge. */
    public static final Setting<String> OTLP_PROTOCOL = Setting.ofChoice(
            "kraken.tracer.otlp.protocol",
            HTTP_PROTOBUF,
            List.of(HTTP_PROTOBUF, "http/json", GRPC),
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL");
    /** PEM file with CA certificates; default: the JVM's trust store. */
    public static final Setting<String> OTLP_CERTIFICATE = Setting.ofText(
            "kraken.tracer.otlp.certificate",
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CERTIFICATE");
    /** PEM file with the client certificate and its chain. */
    public static final Setting<String> OTLP_CLIENT_CERTIFICATE = Setting.ofText(
            "kraken.tracer.otlp.client.certificate",
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
    /** PEM file with the key of the client certificate, PKCS #8, not encrypted. */
    public static final Setting<String> OTLP_CLIENT_KEY = Setting.ofText(
            "kraken.tracer.otlp.client.key",
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    /** Timeout of one request, from connecting to the end of the response. */
    public static final Setting<Integer> OTLP_TIMEOUT_MILLIS = Setting.ofMillis(
            "kraken.tracer.otlp.timeout.millis",
            10_000,
            1,
            3_600_000,
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_BSP_EXPORT_TIMEOUT");
    /** Maximum number of requests in flight or waiting for a retry. */
    public static final Setting<Integer> OTLP_REQUESTS = Setting.ofInt("kraken.tracer.otlp.requests", 8, 1, 64);
    /** Maximum number of bytes of a request before compression; many servers refuse more than 4 MiB. */
    public static final Setting<Integer> OTLP_REQUEST_BYTES =
            Setting.ofInt("kraken.tracer.otlp.request.bytes", 2 << 20, 1 << 20, 64 << 20);
    /** Attempts for one request, the first one included. */
    public static final Setting<Integer> OTLP_ATTEMPTS = Setting.ofInt("kraken.tracer.otlp.attempts", 5, 1, 1000);

    /** Path of the file sink. */
    public static final Setting<String> FILE_PATH = Setting.ofText("kraken.tracer.sink.file", "traces.jsonl");
    /** At this size the file is renamed to {@code ....1}, replacing an older one. */
    public static final Setting<Integer> FILE_MEGABYTES =
            Setting.ofInt("kraken.tracer.sink.file.megabytes", 256, 1, 1 << 20);

    /** Root directory of all queues of a host; {@code auto} is below the user's state directory. */
    public static final Setting<String> QUEUE_DIR = Setting.ofText("kraken.tracer.queue.dir", "auto");
    /**
     * Maximum disk space of all queues below the root together, without what the bridge keeps after it was shipped;
     * above it spans are dropped.
     */
    public static final Setting<Integer> QUEUE_MEGABYTES =
            Setting.ofInt("kraken.tracer.queue.megabytes", 4096, 64, 1 << 20);
    /** Disk space that is left free for others; below it spans are dropped. */
    public static final Setting<Integer> QUEUE_RESERVE_MEGABYTES =
            Setting.ofInt("kraken.tracer.queue.reserve.megabytes", 512, 0, 1 << 20);
    /** Length, in seconds, of the period for which a queue has one file: files are deleted as a whole. */
    public static final Setting<Integer> QUEUE_CYCLE = Setting.ofMultiple("kraken.tracer.queue.cycle", 20, 5, 10, 30);

    private ExportSettings() {}

    static List<Setting<?>> all() {
        return Setting.declaredIn(ExportSettings.class);
    }
}
