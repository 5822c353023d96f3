package io.kraken.tracer.ring;

import io.kraken.tracer.settings.Setting;
import java.util.List;

/** The settings of the way from the records to a destination; read from the same places as those of the tracer. */
public final class ExportSettings {

    public static final String OTLP = "otlp";
    public static final String CONSOLE = "console";
    public static final String FILE = "file";
    public static final String QUEUE = "queue";
    public static final String DISCARD = "discard";
    public static final String NONE = "none";

    static final String HTTP_PROTOBUF = "http/protobuf";
    static final String GRPC = "grpc";

    /** Where spans go. */
    public static final Setting<String> SINK = Setting.ofChoice(
            "kraken.tracer.sink", OTLP, List.of(OTLP, QUEUE, CONSOLE, FILE, DISCARD, NONE), "OTEL_TRACES_EXPORTER");

    /** Spans in a batch, at the most; a quarter of all records where that is less. */
    public static final Setting<Integer> BATCH_RECORDS =
            Setting.ofInt("kraken.tracer.batch.records", 4096, 1, 1 << 20, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    /** Bytes of records in a batch, at the most. */
    public static final Setting<Integer> BATCH_BYTES =
            Setting.ofInt("kraken.tracer.batch.bytes", 1 << 20, 1 << 19, 1 << 26);
    /** How long the first span of a batch waits for others. */
    public static final Setting<Integer> BATCH_MILLIS =
            Setting.ofMillis("kraken.tracer.batch.millis", 1000, 0, 600_000, "OTEL_BSP_SCHEDULE_DELAY");
    /** How often the exporter sweeps the chunks while it finds spans that have ended. */
    public static final Setting<Integer> SWEEP_MILLIS = Setting.ofInt("kraken.tracer.sweep.millis", 5, 1, 600_000);
    /** Bytes of an exception's stack trace; 0 leaves it out. */
    public static final Setting<Integer> STACK_TRACE_BYTES =
            Setting.ofInt("kraken.tracer.stacktrace.bytes", 8192, 0, 32_768);
    /** How long a span waits for messages and stack traces of exceptions whose own code does not return. */
    public static final Setting<Integer> STACK_TRACE_MILLIS =
            Setting.ofMillis("kraken.tracer.stacktrace.millis", 1000, 1, 60_000);

    /** Used as it is. */
    public static final Setting<String> OTLP_TRACES_ENDPOINT =
            Setting.ofAddress("kraken.tracer.otlp.traces.endpoint", "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    /** Gets {@code /v1/traces} appended. */
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
    /** Protobuf over HTTP is what this process speaks; gRPC is the bridge's business. */
    public static final Setting<String> OTLP_PROTOCOL = Setting.ofChoice(
            "kraken.tracer.otlp.protocol",
            HTTP_PROTOBUF,
            List.of(HTTP_PROTOBUF, "http/json", GRPC),
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL");
    /** A PEM file with the authorities that vouch for the backend; without it, those of the JVM do. */
    public static final Setting<String> OTLP_CERTIFICATE = Setting.ofText(
            "kraken.tracer.otlp.certificate",
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CERTIFICATE");
    /** A PEM file with what we show the backend, and its chain. */
    public static final Setting<String> OTLP_CLIENT_CERTIFICATE = Setting.ofText(
            "kraken.tracer.otlp.client.certificate",
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE");
    /** A PEM file with the key of that certificate, PKCS #8, not encrypted. */
    public static final Setting<String> OTLP_CLIENT_KEY = Setting.ofText(
            "kraken.tracer.otlp.client.key",
            "",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    /** For one request, from connecting to the end of the answer. */
    public static final Setting<Integer> OTLP_TIMEOUT_MILLIS = Setting.ofMillis(
            "kraken.tracer.otlp.timeout.millis",
            10_000,
            1,
            3_600_000,
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_BSP_EXPORT_TIMEOUT");
    /** Requests that may be under way or waiting to be tried again. */
    public static final Setting<Integer> OTLP_REQUESTS = Setting.ofInt("kraken.tracer.otlp.requests", 8, 1, 64);
    /** Bytes of a request before compression; servers commonly refuse more than 4 MiB. */
    public static final Setting<Integer> OTLP_REQUEST_BYTES =
            Setting.ofInt("kraken.tracer.otlp.request.bytes", 2 << 20, 1 << 20, 64 << 20);
    /** Tries of one request, the first one included. */
    public static final Setting<Integer> OTLP_ATTEMPTS = Setting.ofInt("kraken.tracer.otlp.attempts", 5, 1, 1000);

    /** Where the file sink writes. */
    public static final Setting<String> FILE_PATH = Setting.ofText("kraken.tracer.sink.file", "traces.jsonl");
    /** At this size the file becomes {@code ....1}, which replaces the one before. */
    public static final Setting<Integer> FILE_MEGABYTES =
            Setting.ofInt("kraken.tracer.sink.file.megabytes", 256, 1, 1 << 20);

    /** The root of all queues of a host; {@code auto} is below the user's state directory. */
    public static final Setting<String> QUEUE_DIR = Setting.ofText("kraken.tracer.queue.dir", "auto");
    /** What all queues below the root may take of the disk together; above that spans are dropped. */
    public static final Setting<Integer> QUEUE_MEGABYTES =
            Setting.ofInt("kraken.tracer.queue.megabytes", 4096, 64, 1 << 20);
    /** What is left of the disk for others; below that spans are dropped. */
    public static final Setting<Integer> QUEUE_RESERVE_MEGABYTES =
            Setting.ofInt("kraken.tracer.queue.reserve.megabytes", 512, 0, 1 << 20);

    private ExportSettings() {}

    static List<Setting<?>> all() {
        return Setting.declaredIn(ExportSettings.class);
    }
}
