package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests every setting: default, each source, explicit value, and out-of-range value. */
class ExportSettingsTest {

    /** Columns: property, default, a value that is not the default, another value, and an invalid value. */
    private static final String TABLE = """
            kraken.tracer.sink                    | otlp | Queue | none | kafka
            kraken.tracer.batch.records           | 4096 | 1 | 1048576 | 0 | 1048577 | 1.5 | 0x10
            kraken.tracer.batch.bytes             | 1048576 | 524288 | 67108864 | 524287 | 67108865
            kraken.tracer.batch.millis            | 1000 | 5s | 0 | -1 | 600001 | 11m | 1.5s
            kraken.tracer.sweep.millis            | 5 | 1 | 600000 | 0 | 600001
            kraken.tracer.stacktrace.bytes        | 8192 | 0 | 32768 | -1 | 32769
            kraken.tracer.stacktrace.millis       | 1000 | 1 | 60s | 0 | 60001 | 61s
            kraken.tracer.otlp.traces.endpoint    | | https://a/v1/traces | http://b
            kraken.tracer.otlp.endpoint           | http://localhost:4318 | https://a:443 | http://b
            kraken.tracer.otlp.headers            | | a=1,b=2 | c=3
            kraken.tracer.otlp.compression        | none | GZIP | none | zstd
            kraken.tracer.otlp.protocol           | http/protobuf | GRPC | http/json | http
            kraken.tracer.otlp.certificate        | | ca.pem | other.pem
            kraken.tracer.otlp.client.certificate | | own.pem | other.pem
            kraken.tracer.otlp.client.key         | | own.key | other.key
            kraken.tracer.otlp.timeout.millis     | 10000 | 1ms | 3600000 | 0 | 3600001 | 61m
            kraken.tracer.otlp.requests           | 8 | 1 | 64 | 0 | 65
            kraken.tracer.otlp.request.bytes      | 2097152 | 1048576 | 67108864 | 1048575 | 67108865
            kraken.tracer.otlp.attempts           | 5 | 1 | 1000 | 0 | 1001
            kraken.tracer.sink.file               | traces.jsonl | a.jsonl | b.jsonl
            kraken.tracer.sink.file.megabytes     | 256 | 1 | 1048576 | 0 | 1048577
            kraken.tracer.queue.dir               | auto | a | b
            kraken.tracer.queue.megabytes         | 4096 | 64 | 1048576 | 63 | 1048577
            kraken.tracer.queue.reserve.megabytes | 512 | 0 | 1048576 | -1 | 1048577
            kraken.tracer.queue.cycle             | 20 | 10 | 30 | 5 | 12 | 35 | 20s
            """;

    private static final List<String> NEVER = List.of("no such value", "99999999999999999999");

    /** A setting and its row of the table. */
    record Row<T>(Setting<T> setting, String byDefault, T value, String good, String other, List<String> bad) {
        @Override
        public String toString() {
            return setting.property();
        }

        List<String> variables() {
            final List<String> names = new ArrayList<>(List.of(setting.environmentVariable()));
            names.addAll(setting.aliases());
            return names;
        }
    }

    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    private Path folder;

    private TracerConfig config() {
        return CoreAccess.config(properties, environment);
    }

    static Stream<Row<?>> rows() {
        final Map<String, List<String>> lines = new HashMap<>();
        for (String line : TABLE.split("\n")) {
            final List<String> columns = List.of(line.strip().split("\\s*\\|\\s*", -1));
            lines.put(columns.get(0), columns);
        }
        return new RingExport().settings().stream().map(setting -> {
            assertTrue(lines.containsKey(setting.property()), "the table has no row for " + setting);
            return row(setting, lines.get(setting.property()));
        });
    }

    private static <T> Row<T> row(Setting<T> setting, List<String> columns) {
        final List<String> bad = new ArrayList<>(columns.subList(4, columns.size()));
        bad.addAll(bad.isEmpty() ? List.of() : NEVER);
        final T value = CoreAccess.parse(setting, columns.get(2));
        assertNotEquals(setting.byDefault(), value);
        assertNotEquals(CoreAccess.parse(setting, columns.get(3)), value);
        return new Row<>(setting, columns.get(1), value, columns.get(2), columns.get(3), bad);
    }

    @Test
    void settingsAndRowsMatchOneToOne() {
        final List<Row<?>> rows = rows().toList();
        assertEquals(TABLE.split("\n").length, rows.size());
        assertEquals(
                rows.stream().mapToLong(row -> row.variables().size()).sum(),
                rows.stream()
                        .flatMap(row -> row.variables().stream())
                        .distinct()
                        .count());
    }

    @ParameterizedTest
    @MethodSource("rows")
    <T> void defaultIsValidWithoutWarnings(Row<T> row) {
        properties.put(row.setting().property(), " ");
        row.variables().forEach(name -> environment.put(name, ""));
        final TracerConfig config = config();
        assertEquals(row.byDefault(), String.valueOf(config.get(row.setting())));
        assertEquals(List.of(), config.warnings());
        assertTrue(CoreAccess.accepts(row.setting(), row.setting().byDefault()));
    }

    /** Sets each source in order of precedence, each to a value that differs from those before. */
    @ParameterizedTest
    @MethodSource("rows")
    <T> void sourceOfHigherPrecedenceWins(Row<T> row) throws IOException {
        final String text = "tracing: {settings: {" + row.setting() + ": '" + row.good() + "'}}";
        final Path file = Files.writeString(folder.resolve("kraken.yaml"), text);
        properties.put(TracerConfig.CONFIG.property(), file.toString());
        assertFound(row, config(), file + ", line 1");
        Files.writeString(file, text.replace(row.good(), row.other()));
        final List<String> variables = row.variables();
        for (int i = variables.size() - 1; i >= 0; i--) {
            environment.replaceAll((name, value) -> row.other());
            environment.put(variables.get(i), row.good());
            assertFound(row, config(), variables.get(i));
        }
        environment.replaceAll((name, value) -> row.other());
        properties.put(row.setting().property(), row.good());
        assertFound(row, config(), "system property");
        properties.put(row.setting().property(), row.other());
        assertFound(row, config().with(row.setting(), row.value()), "code");
    }

    private static <T> void assertFound(Row<T> row, TracerConfig config, String where) {
        assertEquals(row.value(), config.get(row.setting()), where);
        assertEquals(List.of(), config.warnings());
        final String shown = row.setting() + " = " + CoreAccess.show(row.setting(), row.value());
        assertTrue(config.describe().contains(shown + "  (" + where + ")\n"), config::describe);
    }

    @ParameterizedTest
    @MethodSource("rows")
    <T> void outOfRangeValueGivesWarningAndDefault(Row<T> row) {
        for (String bad : row.bad()) {
            properties.put(row.setting().property(), bad);
            assertRefused(row, row.setting().property(), bad);
            properties.clear();
            for (String name : row.variables()) {
                environment.put(name, bad);
                assertRefused(row, name, bad);
                environment.clear();
            }
        }
    }

    private <T> void assertRefused(Row<T> row, String name, String bad) {
        final TracerConfig config = config();
        assertEquals(row.setting().byDefault(), config.get(row.setting()), bad);
        assertEquals(1, config.warnings().size(), () -> config.warnings().toString());
        final String warning = config.warnings().get(0);
        assertTrue(warning.startsWith(name + " is '" + bad + "' and should be "), warning);
        assertTrue(warning.endsWith("; " + row.byDefault() + " is used"), warning);
    }

    @ParameterizedTest
    @CsvSource({
        "OTEL_TRACES_EXPORTER, console, kraken.tracer.sink, console",
        "OTEL_BSP_SCHEDULE_DELAY, 2500, kraken.tracer.batch.millis, 2500",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE, 256, kraken.tracer.batch.records, 256",
        "OTEL_BSP_MAX_QUEUE_SIZE, 3000, kraken.tracer.records, 3000",
        "OTEL_BSP_EXPORT_TIMEOUT, 30000, kraken.tracer.otlp.timeout.millis, 30000",
        "OTEL_EXPORTER_OTLP_TIMEOUT, 2000, kraken.tracer.otlp.timeout.millis, 2000",
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, 2000, kraken.tracer.otlp.timeout.millis, 2000",
        "OTEL_EXPORTER_OTLP_ENDPOINT, https://a:1, kraken.tracer.otlp.endpoint, https://a:1",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, https://a/x, kraken.tracer.otlp.traces.endpoint, https://a/x",
        "OTEL_EXPORTER_OTLP_PROTOCOL, http/json, kraken.tracer.otlp.protocol, http/json",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, grpc, kraken.tracer.otlp.protocol, grpc",
        "OTEL_EXPORTER_OTLP_HEADERS, a=b, kraken.tracer.otlp.headers, a=***",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS, a=b, kraken.tracer.otlp.headers, a=***",
        "OTEL_EXPORTER_OTLP_COMPRESSION, gzip, kraken.tracer.otlp.compression, gzip",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION, gzip, kraken.tracer.otlp.compression, gzip",
        "OTEL_EXPORTER_OTLP_CERTIFICATE, a, kraken.tracer.otlp.certificate, a",
        "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE, a, kraken.tracer.otlp.certificate, a",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY, a, kraken.tracer.otlp.client.key, a",
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY, a, kraken.tracer.otlp.client.key, a",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, a, kraken.tracer.otlp.client.certificate, a",
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE, a, kraken.tracer.otlp.client.certificate, a"
    })
    void readsOpenTelemetryVariables(String variable, String text, String property, String shown) {
        environment.put(variable, text);
        final TracerConfig config = CoreAccess.check(config(), ExportSettings.all());
        assertEquals(List.of(), config.warnings());
        assertTrue(config.describe().contains(property + " = " + shown + "  (" + variable + ")\n"), config::describe);
    }

    @Test
    void readsYamlFileOfAService() throws IOException {
        final Path file = Files.writeString(folder.resolve("kraken.yaml"), """
                tracing:
                  collector_addr: collector:9
                  export: {batch_timeout: 5s, max_batch_size: 512, retry_max_attempts: 3}
                """);
        properties.put(TracerConfig.CONFIG.property(), file.toString());
        final TracerConfig config = CoreAccess.check(config(), ExportSettings.all());
        assertEquals(List.of(), config.warnings());
        assertEquals("http://collector:9", config.get(ExportSettings.OTLP_ENDPOINT));
        assertEquals(5000, config.get(ExportSettings.BATCH_MILLIS));
        assertEquals(512, config.get(ExportSettings.BATCH_RECORDS));
        assertEquals(3, config.get(ExportSettings.OTLP_ATTEMPTS));
    }
}
