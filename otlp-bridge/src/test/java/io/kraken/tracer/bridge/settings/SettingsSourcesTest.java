package io.kraken.tracer.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the sources of settings, their precedence, and the messages about invalid ones. */
class SettingsSourcesTest {

    private static final String SECRET = "open-sesame";

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();

    private BridgeSettings settings(String... arguments) throws SettingsException {
        return BridgeSettings.read(List.of(arguments), environment);
    }

    private BridgeConfig read(String... arguments) throws SettingsException {
        return settings(arguments).config();
    }

    private String file(String... lines) throws IOException {
        return "--config=" + Files.writeString(folder.resolve("bridge.yaml"), String.join("\n", lines) + "\n");
    }

    private String problems(String... arguments) {
        final SettingsException refused = assertThrows(SettingsException.class, () -> read(arguments));
        return String.join("\n", refused.problems()).replace(folder + "/", "");
    }

    private static List<String> names(BridgeConfig config) {
        final List<String> names = new ArrayList<>();
        for (DestinationConfig destination : config.destinations()) {
            names.add(destination.name());
        }
        return names;
    }

    @Test
    void prefersCommandLineThenEnvironmentThenFile() throws Exception {
        final String file = file("bridge:", "  drain: 1s", "  stall: 1s", "  quarantine: 1s");
        environment.put("KRAKEN_BRIDGE_STALL", "2s");
        environment.put("KRAKEN_BRIDGE_QUARANTINE", "2s");
        final BridgeConfig config = read(file, "--quarantine=3s");
        assertEquals(TimeUnit.SECONDS.toNanos(1), config.drainNs());
        assertEquals(TimeUnit.SECONDS.toNanos(2), config.stallNs());
        assertEquals(TimeUnit.SECONDS.toNanos(3), config.quarantineNs());
    }

    @Test
    void readsTheFileNamedByAVariable() throws Exception {
        environment.put("KRAKEN_BRIDGE_CONFIG", file("bridge:", "  threads: 7").substring("--config=".length()));
        assertEquals(7, read().threads());
        assertEquals(
                "config is given in bridge.yaml, line 2; a file cannot include another one",
                problems(file("bridge:", "  config: other.yaml")));
    }

    @Test
    void ignoresEmptyVariables() throws SettingsException {
        environment.put("KRAKEN_BRIDGE_STALL", "");
        environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", " ");
        assertEquals(TimeUnit.SECONDS.toNanos(5), read().stallNs());
    }

    @Test
    void mergesSettingsOfADestinationFromAllSources() throws Exception {
        final String file = file(
                "bridge:",
                "  destinations:",
                "    far-Away:",
                "      endpoint: http://a:1",
                "      headers: {X-Tenant: blue, authorization: " + SECRET + "}",
                "    near: ");
        environment.put("KRAKEN_BRIDGE_DESTINATIONS_FAR_AWAY_REQUESTS", "9");
        environment.put("KRAKEN_BRIDGE_DESTINATIONS_FAR_AWAY_HEADERS_X_TENANT", "green");
        environment.put("KRAKEN_BRIDGE_DESTINATIONS_THIRD_TYPE", "otlp_http");
        environment.put("KRAKEN_BRIDGE_DESTINATIONS_A_RETRY_FIRST", "2s");
        final BridgeConfig config =
                read(file, "--destinations.far_away.timeout=3s", "--destinations.Fourth-1.requests", "2");
        assertEquals(List.of("far-Away", "near", "a", "third", "Fourth-1"), names(config));
        final DestinationConfig far = config.destinations().get(0);
        assertEquals(9, far.requests());
        assertEquals(TimeUnit.SECONDS.toNanos(3), far.timeoutNs());
        assertEquals(Map.of("x-tenant", "green", "authorization", SECRET), far.headers());
        assertEquals(Type.OTLP_HTTP, config.destinations().get(3).type());
    }

    @Test
    void prefersKnownDestinationsInVariables() throws SettingsException {
        environment.put("KRAKEN_BRIDGE_DESTINATIONS_A_HEADERS_B_TYPE", "otlp_http");
        assertEquals("otlp_http", read().destinations().get(0).headers().get("b-type"));
        assertEquals(
                Type.OTLP_HTTP,
                read("--destinations.a-headers-b.requests=1")
                        .destinations()
                        .get(0)
                        .type());
    }

    @Test
    void shipsToLocalhostByDefault() throws SettingsException {
        final DestinationConfig only = read().destinations().get(0);
        assertEquals("default", only.name());
        assertEquals(Type.OTLP_GRPC, only.type());
        assertEquals("http://localhost:4317", only.endpoint().toString());
    }

    @Test
    void usesOpenTelemetryVariablesWithoutADestination() throws Exception {
        final Path pem = Files.writeString(folder.resolve("a.pem"), "");
        for (String name : List.of("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE")) {
            environment.put("OTEL_EXPORTER_OTLP_" + name, pem.toString());
        }
        environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", "https://a:9/base/");
        environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        environment.put("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20a+b%3D, x-b=1,");
        environment.put("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
        environment.put("OTEL_EXPORTER_OTLP_TIMEOUT", "1234");
        final DestinationConfig only = read().destinations().get(0);
        assertEquals("https://a:9/base/v1/traces", only.endpoint().toString());
        assertEquals(Map.of("authorization", "Basic a+b=", "x-b", "1"), only.headers());
        assertEquals(TimeUnit.MILLISECONDS.toNanos(1234), only.timeoutNs());
        assertEquals(pem, only.tls().authorities());
        assertEquals(pem, only.tls().key());
        assertTrue(only.gzip());
        environment.put("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://b:9/as/it/is");
        assertEquals(
                "https://b:9/as/it/is", read().destinations().get(0).endpoint().toString());
        assertEquals(
                List.of("mine"), names(read("--destinations.mine.type=otlp_http")), "mine only, OpenTelemetry's not");
    }

    @Test
    void refusesInvalidOpenTelemetryVariables() {
        environment.put("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json");
        environment.put("OTEL_EXPORTER_OTLP_HEADERS", SECRET);
        environment.put("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "soon");
        environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317");
        assertEquals("""
                OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is 'http/json' and should be grpc or http/protobuf
                OTEL_EXPORTER_OTLP_HEADERS should be name=value,name=value (its values are not shown)
                destinations.default.endpoint is 'collector:4317' in OTEL_EXPORTER_OTLP_ENDPOINT and should be \
                http://HOST:PORT or https://HOST:PORT
                destinations.default.timeout is 'soon' in OTEL_EXPORTER_OTLP_TRACES_TIMEOUT and should be \
                a duration from 10ms to 10m, such as 200ms, 10s, 5m, 24h""", problems());
        environment.clear();
        environment.put("OTEL_EXPORTER_OTLP_HEADERS", "a=" + SECRET + "%4");
        assertEquals(
                "OTEL_EXPORTER_OTLP_HEADERS has a '%' without two hexadecimal digits after it"
                        + " (its values are not shown)",
                problems());
    }

    @Test
    void suggestsTheNearestNameForUnknownSettings() throws IOException {
        final String file = file(
                "bridge:",
                "  keep:",
                "    erors: true",
                "  decison_delay: 1s",
                "  destinations:",
                "    main:",
                "      endpont: http://a:1",
                "      headers: {authorization: x}",
                "  wholly_unheard_of: 1",
                "  drain: {a: 1}");
        environment.put("KRAKEN_BRIDGE_QEUES", "here");
        environment.put("KRAKEN_BRIDGE_DESTINATIONS_FAR_OFF_TIMOUT", "1s");
        final String found = problems(file, "--slow=1s", "--destination.main.type=otlp_http");
        assertEquals("""
                unknown setting 'keep.erors' in bridge.yaml, line 3; did you mean 'keep.errors'?
                unknown setting 'decison_delay' in bridge.yaml, line 4; did you mean 'decision_delay'?
                unknown setting 'destinations.main.endpont' in bridge.yaml, line 7; did you mean \
                'destinations.main.endpoint'?
                unknown setting 'wholly_unheard_of' in bridge.yaml, line 9; see --help for all settings
                drain has no value in bridge.yaml, line 10
                unknown setting 'drain.a' in bridge.yaml, line 10; did you mean 'drain'?
                unknown variable KRAKEN_BRIDGE_DESTINATIONS_FAR_OFF_TIMOUT; did you mean \
                'KRAKEN_BRIDGE_DESTINATIONS_FAR_OFF_TIMEOUT'?
                unknown variable KRAKEN_BRIDGE_QEUES; did you mean 'KRAKEN_BRIDGE_QUEUES'?
                unknown setting 'slow' in the command line; did you mean 'keep.slow'?
                unknown setting 'destination.main.type' in the command line; did you mean \
                'destinations.main.type'?""", found);
    }

    @Test
    void doesNotShowInvalidArguments() {
        assertEquals(
                """
                argument 2 on the command line is not a setting; settings look like --name=value
                argument 3 on the command line is not a setting; settings look like --name=value
                drain is given twice, in the command line and in the command line
                stall has no value in the command line""",
                problems("--destinations.a.headers.b=Bearer", SECRET, "--", "--drain=1s", "--drain=2s", "--stall"));
    }

    @Test
    void refusesInconsistentSettings() {
        final String found = problems("--destinations.a.retry.first=40s", "--keep.remember=5s");
        assertEquals("""
                destinations.a.retry.first (40s, the command line) is longer than \
                destinations.a.retry.longest (30s, default)
                keep.remember (5s, the command line) is shorter than decision_delay (10s, default): \
                traces would be forgotten before they are shipped""", found);
    }

    @Test
    void limitsNumberAndNamesOfDestinations() {
        assertTrue(problems("--destinations.a/b.type=otlp_http")
                .startsWith("a destination's name is 'a/b' in the command"));
        final String[] many = new String[17];
        for (int i = 0; i < many.length; i++) {
            many[i] = "--destinations.d" + i + ".requests=1";
        }
        assertEquals("there are more than 16 destinations", problems(many));
    }

    @Test
    void refusesReservedHeaders() {
        for (String name : List.of("Content-Type", "host", "grpc-timeout", "a-bin")) {
            assertTrue(
                    problems("--destinations.a.headers." + name + "=x").endsWith("is a header that cannot be set"),
                    name);
        }
        assertTrue(problems("--destinations.a.headers.a b=x").contains("is not a valid header name"));
    }

    @Test
    void masksSecretsInAllOutput() throws Exception {
        final String header = "--destinations.a.headers.authorization=";
        final String url = "--destinations.a.endpoint=";
        final List<String> shown = new ArrayList<>();
        shown.add(problems(header + SECRET + "\n" + "x"));
        for (String bad : List.of(
                "http://me:" + SECRET + "@host:1",
                "http://me:" + SECRET + "@host:70000",
                "me:" + SECRET + "@host//x",
                "http://me@x:" + SECRET + "@host",
                "http://host:0/?key=" + SECRET + "@x",
                "http://host:1?key=" + SECRET)) {
            shown.add(problems(url + bad));
        }
        shown.add(settings(header + SECRET, url + "http://host:1/?key=" + SECRET, "--destinations.a.type=otlp_http")
                .describe());
        for (String text : shown) {
            assertFalse(text.contains(SECRET), text);
            assertTrue(text.contains(SettingText.MASK), text);
        }
    }

    @Test
    void describesSettingsWithTheirOrigin() throws Exception {
        final String file = file(
                "bridge:",
                "  keep.share: 0.5",
                "  destinations:",
                "    main:",
                "      headers:",
                "        authorization: " + SECRET);
        environment.put("KRAKEN_BRIDGE_DESTINATIONS_MAIN_ENDPOINT", "http://a:1");
        final String described = settings(
                        file,
                        "--threads=3",
                        "--queues=" + folder,
                        "--span-files=SPANS",
                        "--services.web.sampling.rate=0.1")
                .describe()
                .replace(folder.toString(), "DIR");
        assertEquals("""
                config = DIR/bridge.yaml  (the command line)
                queues = DIR  (the command line)
                decision_delay = 10s  (default)
                batch_delay = 200ms  (default)
                stall = 5s  (default)
                disk.megabytes = 3072  (default)
                window.time = 10m  (default)
                window.megabytes = 2048  (default)
                quarantine = 24h  (default)
                drain = 10s  (default)
                threads = 3  (the command line)
                listen = 127.0.0.1:8888  (default)
                keep.errors = true  (default)
                keep.slow = 1s  (default)
                keep.share = 0.5  (DIR/bridge.yaml, line 2)
                keep.traces = 500000  (default)
                keep.remember = 10m  (default)
                span_files = SPANS  (the command line)
                sampling.remote.endpoint = off  (default)
                services.web.sampling.rate = 0.1  (the command line)
                destinations.main.type = otlp_grpc  (default)
                destinations.main.endpoint = http://a:1  (KRAKEN_BRIDGE_DESTINATIONS_MAIN_ENDPOINT)
                destinations.main.headers.authorization = ***  (DIR/bridge.yaml, line 6)
                destinations.main.compression = none  (default)
                destinations.main.timeout = 10s  (default)
                destinations.main.requests = 4  (default)
                destinations.main.request_bytes = 1048576  (default)
                destinations.main.retry.first = 1s  (default)
                destinations.main.retry.longest = 30s  (default)
                """, described.replace(System.lineSeparator(), "\n"));
        assertTrue(settings().describe().contains("threads = auto: " + read().threads() + "  (default)"));
    }

    @Test
    void listsEverySettingInTheHelp() {
        final String help = BridgeSettings.help();
        for (Setting<?> setting : SettingsTable.rows()) {
            assertTrue(help.contains("  --" + setting.property().replace('_', '-') + "="), setting.property());
        }
        assertTrue(help.contains("a duration from 0 to 1h, such as 200ms, 10s, 5m, 24h; default 10s"), help);
        for (String line : help.split("\\R")) {
            assertTrue(line.length() <= 110, line);
        }
    }
}
