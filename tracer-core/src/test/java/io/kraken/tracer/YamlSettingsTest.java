package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.sampling.SamplingRule;
import io.kraken.tracer.sampling.SamplingRule.Match;
import io.kraken.tracer.settings.BaseSampler;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings from YAML: the forms that services use, precedence, and malformed or malicious files. */
class YamlSettingsTest {

    /** As services print it. */
    private static final String NESTED = """
            tracing:
              enabled: true
              service_name: kraken-agent
              collector_addr: jaeger-collector.observability.svc:4317
              sampling:
                default_rate: 0.1
                rules:
                  - match: { path_prefix: "/health" }               # also /readiness, /metrics
                    rate: 0.0
                  - match: { path_prefix: "/namespace/*/blobs/*" }
                    rate: 0.2
                  - match: { operation: "scheduler.download" }
                    rate: 0.5
              export:
                batch_timeout: 5s
                max_batch_size: 512
                max_queue_size: 2048
                retry_enabled: true
                retry_max_attempts: 3
              safeguards:
                circuit_breaker_enabled: true
                load_threshold: 0.9
                cooldown_duration: 30s
                sampled_threshold: 0.7
            """;

    /** In place of those of ring-export, which is not on the class path. */
    private static final Setting<String> ENDPOINT = Setting.of("kraken.tracer.otlp.endpoint", SettingType.ADDRESS, "");

    private static final Setting<Integer> BATCH_MILLIS =
            Setting.of("kraken.tracer.batch.millis", SettingType.millis(0, 600_000), 1);
    private static final Setting<Integer> BATCH_RECORDS =
            Setting.of("kraken.tracer.batch.records", SettingType.wholeNumber(1, 10_000), 1);
    private static final Setting<Integer> ATTEMPTS =
            Setting.of("kraken.tracer.otlp.attempts", SettingType.wholeNumber(1, 1000), 5);
    private static final List<Setting<?>> EXPORT = List.of(ENDPOINT, BATCH_MILLIS, BATCH_RECORDS, ATTEMPTS);

    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    private Path folder;

    /** Checks all settings, as a tracer does. */
    private TracerConfig read(String yaml) throws IOException {
        return read(yaml.getBytes(StandardCharsets.UTF_8));
    }

    private TracerConfig read(byte[] yaml) throws IOException {
        return of(Files.write(folder.resolve("kraken.yaml"), yaml).toString());
    }

    private TracerConfig of(String file) {
        properties.put(TracerConfig.CONFIG.property(), file);
        final TracerConfig config = new TracerConfig(properties::get, environment::get);
        config.check(EXPORT);
        return config;
    }

    /** Warnings, without the folder. */
    private String warnings(TracerConfig config) {
        return String.join("\n", config.warnings()).replace(folder + "/", "");
    }

    private String warningsOf(String yaml) throws IOException {
        return warnings(read(yaml));
    }

    @Test
    void readsNestedForm() throws IOException {
        final TracerConfig config = read(NESTED);
        assertEquals(
                "tracing.collector_addr in kraken.yaml, line 4 has gRPC's port, which only the bridge uses; this"
                        + " process sends OTLP over HTTP, to port 4318 of the same host",
                warnings(config));
        assertEquals(true, config.get(TracerConfig.ENABLED));
        assertEquals("kraken-agent", config.conclude().serviceName());
        assertEquals("http://jaeger-collector.observability.svc:4318", config.get(ENDPOINT));
        assertEquals(new BaseSampler(0.1, true, true), config.baseSampler());
        assertEquals(
                List.of(
                        new SamplingRule(Match.PATH, "/health", 0, false),
                        new SamplingRule(Match.PATH, "/namespace/*/blobs/*", 0.2, true),
                        new SamplingRule(Match.OPERATION, "scheduler.download", 0.5, true)),
                config.get(TracerConfig.SAMPLING_RULES));
        assertEquals(5000, config.get(BATCH_MILLIS));
        assertEquals(512, config.get(BATCH_RECORDS));
        assertEquals(2048, config.get(TracerConfig.RECORDS));
        assertEquals(3, config.get(ATTEMPTS));
        assertEquals(true, config.get(TracerConfig.BREAKER_ENABLED));
        assertEquals(0.9, config.get(TracerConfig.BREAKER_THRESHOLD));
        assertEquals(0.7, config.get(TracerConfig.BREAKER_SAMPLED_THRESHOLD));
        assertEquals(Duration.ofSeconds(30), config.get(TracerConfig.BREAKER_COOLDOWN));
        for (String line : List.of(
                "kraken.tracer.enabled = true  (kraken.yaml, line 2)",
                "kraken.tracer.sampling.rules = path:/health=0.0;path:/namespace/*/blobs/*=0.2;operation:scheduler."
                        + "download=0.5  (kraken.yaml, line 7)",
                "kraken.tracer.breaker.threshold = 0.9  (kraken.yaml, line 22)")) {
            assertTrue(config.describe().replace(folder + "/", "").contains(line + '\n'), config::describe);
        }
    }

    @Test
    void readsEveryKeyOfTheNestedForm() throws IOException {
        final TracerConfig config = read(NESTED.replace("enabled: true", "enabled: false")
                .replace("0.9", "0.5")
                .replace("30s", "1m"));
        assertEquals(false, config.get(TracerConfig.ENABLED));
        assertEquals(1, config.get(ATTEMPTS), "retry_enabled: false");
        assertEquals(false, config.get(TracerConfig.BREAKER_ENABLED));
        assertEquals(0.5, config.get(TracerConfig.BREAKER_THRESHOLD));
        assertEquals(Duration.ofMinutes(1), config.get(TracerConfig.BREAKER_COOLDOWN));
    }

    @Test
    void readsFlatForm() throws IOException {
        final TracerConfig config = read("""
                tracing:
                  enabled: true
                  service_name: kraken-tracker
                  collector_addr: "[::1]:9411"
                  sampling_rate: 0.25
                  batch_timeout: 500ms
                  max_export_batch: 256
                  max_queue_size: 5000
                  sampling_rules:
                    - path: /health
                      rate: 0
                      record: true
                    - {path: /announce, rate: 1e-3, record: false}
                    - {operation: "peerstore.*", rate: 1}
                """);
        assertEquals("", warnings(config));
        assertEquals("kraken-tracker", config.conclude().serviceName());
        assertEquals("http://[::1]:9411", config.get(ENDPOINT));
        assertEquals(new BaseSampler(0.25, true, true), config.baseSampler());
        assertEquals(500, config.get(BATCH_MILLIS));
        assertEquals(256, config.get(BATCH_RECORDS));
        assertEquals(5000, config.records());
        assertEquals(
                List.of(
                        new SamplingRule(Match.PATH, "/health", 0, true),
                        new SamplingRule(Match.PATH, "/announce", 0.001, false),
                        new SamplingRule(Match.OPERATION, "peerstore.*", 1, true)),
                config.get(TracerConfig.SAMPLING_RULES));
    }

    @Test
    void readsAnySettingByItsProperty() throws IOException {
        final TracerConfig config = read("""
                tracing:
                  settings:
                    kraken.tracer.limit.links: 16
                    kraken: {tracer: {record: none, otlp: {attempts: 7}}}
                    kraken.tracer.sampling.rules: "path:/a=0; operation:b=1"
                """);
        assertEquals("", warnings(config));
        assertEquals(16, config.get(TracerConfig.MAX_LINKS));
        assertEquals("none", config.get(TracerConfig.RECORD));
        assertEquals(7, config.get(ATTEMPTS));
        assertEquals(2, config.get(TracerConfig.SAMPLING_RULES).size());
    }

    @Test
    void otherSourcesTakePrecedence() throws IOException {
        environment.put("OTEL_TRACES_SAMPLER", "always_off");
        assertEquals(new BaseSampler(0, false, false), read(NESTED).baseSampler());
        environment.put("KRAKEN_TRACER_SAMPLING_RATE", "0.75");
        assertEquals(new BaseSampler(0.75, true, true), read(NESTED).baseSampler());
        environment.put("OTEL_RESOURCE_ATTRIBUTES", "service.name=otel,a=b");
        assertEquals("otel", read(NESTED).conclude().serviceName());
        environment.put("OTEL_SDK_DISABLED", "true");
        assertFalse(read(NESTED).get(TracerConfig.ENABLED));
        environment.put("OTEL_SDK_DISABLED", "false");
        assertTrue(read("tracing: {enabled: false}").get(TracerConfig.ENABLED));
        environment.clear();
        assertFalse(read("tracing: {enabled: false}").get(TracerConfig.ENABLED));
    }

    @Test
    void ignoresOtherKeys() throws IOException {
        final TracerConfig config = read("""
                extends: base.yaml
                peers: &p [{a: !!java.net.URL x}, *p, [1, 2]]
                scheduler: *p
                tracing: {sampling_rate: 0.5}
                zap: {level: info, tracing: {sampling_rate: 2}}
                """);
        assertEquals("", warnings(config));
        assertEquals(0.5, config.get(TracerConfig.SAMPLING_RATE));
    }

    @Test
    void reportsInvalidSettingsAndUsesTheRest() throws IOException {
        final TracerConfig config = read("""
                tracing:
                  sampling_rates: 0.5
                  service_name: still-counts
                  enabled: perhaps
                  enabled: false
                  batch_timeout: soon
                  export: {batch_timeout: 1s, max_batch_size: [1], retry_enabled: 3}
                  safeguards: 0.9
                  colector: {addr: {host: a}, port: 1}
                  settings:
                    kraken.tracer.recods: 3
                    kraken.tracer.config: other.yaml
                    kraken.tracer.records: -3
                """);
        assertEquals("still-counts", config.conclude().serviceName());
        assertEquals(
                """
                unknown key tracing.sampling_rates in kraken.yaml, line 2; did you mean sampling_rate?
                tracing.export.batch_timeout in kraken.yaml, line 7 is left out: tracing.batch_timeout in kraken.yaml,\
                 line 6 sets the same
                tracing.safeguards is a single value in kraken.yaml, line 8 and should be a map
                unknown key tracing.colector in kraken.yaml, line 9
                tracing.export.retry_enabled is '3' in kraken.yaml, line 7 and should be true or false; it is left out
                'enabled' appears twice in the same map, in kraken.yaml, line 5
                'export.max_batch_size' is a list in kraken.yaml, line 7; no setting is a list
                tracing.enabled is 'perhaps' in kraken.yaml, line 4 and should be true or false; true is used
                tracing.settings.kraken.tracer.records is '-3' in kraken.yaml, line 13 and should be a number from 0 to\
                 8388608; 0 is used
                tracing.batch_timeout is 'soon' in kraken.yaml, line 6 and should be milliseconds from 0 to 600000, or\
                 a duration such as 200ms, 5s, 1m; 1 is used
                unknown setting tracing.settings.kraken.tracer.recods in kraken.yaml, line 11; did you mean\
                 kraken.tracer.records?
                tracing.settings.kraken.tracer.config in kraken.yaml, line 12 is left out: a file can't include\
                 another file""".lines().sorted().toList(), warnings(config).lines().sorted().toList());
        config.check(EXPORT);
        assertEquals(12, config.warnings().size(), "each problem is reported once");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {rate: 1}                         | a rule needs a rate, and either a path or an operation
                    {path: /a}                        | a rule needs a rate, and either a path or an operation
                    {path: /a, operation: b, rate: 1} | it has more than one path or operation
                    {path: a, rate: 1}                | a path pattern must begin with a slash: a
                    {operation: b, rate: 2}           | its rate is '2' and should be a decimal number from 0 to 1
                    {operation: b, rate: x}           | its rate is 'x' and should be a decimal number from 0 to 1
                    {operation: b, rate: NaN}         | its rate is 'NaN' and should be a decimal number from 0 to 1
                    {path: /a, rate: 0, record: 1}    | its record is '1' and should be true or false
                    scheduler.download                | a rule needs a rate, and either a path or an operation
                    """)
    void reportsInvalidRuleAndUsesTheOthers(String rule, String problem) throws IOException {
        final TracerConfig config = read("""
                tracing:
                  sampling_rules:
                    - {path: /first, rate: 0.5}
                    - %s
                    - {path: /last, rate: 0.5}
                """.replace("%s", rule));
        assertEquals("tracing.sampling_rules[1] in kraken.yaml, line 4 is left out: " + problem, warnings(config));
        assertEquals(
                List.of(new SamplingRule(Match.PATH, "/first", 0.5), new SamplingRule(Match.PATH, "/last", 0.5)),
                config.get(TracerConfig.SAMPLING_RULES));
    }

    @Test
    void rulesAreOneList() throws IOException {
        assertEquals(
                "tracing.sampling_rules is a single value in kraken.yaml, line 1 and should be a list",
                warningsOf("tracing: {sampling_rules: 'path:/a=1'}"));
        final TracerConfig two =
                read("tracing: {sampling: {rules: [{path: /a, rate: 1}]}, sampling_rules: [{path: /b, rate: 1}]}");
        assertEquals(
                "tracing.sampling_rules in kraken.yaml, line 1 is left out: tracing.sampling.rules in kraken.yaml,"
                        + " line 1 sets the same",
                warnings(two));
        assertEquals(List.of(new SamplingRule(Match.PATH, "/a", 1)), two.get(TracerConfig.SAMPLING_RULES));
        assertEquals(
                "unknown key tracing.sampling_rules[0].color in kraken.yaml, line 1",
                warningsOf("tracing: {sampling_rules: [{path: /a, rate: 1, color: red}]}"));
        assertEquals(
                "'sampling_rules[0]' is a list in kraken.yaml, line 1; no setting is a list",
                warningsOf("tracing: {sampling_rules: [[{path: /a, rate: 1}]]}"));
    }

    @ParameterizedTest
    @CsvSource({
        "collector, http://collector:4318",
        "collector:9, http://collector:9",
        "https://collector:443/, https://collector:443",
        "http://10.0.0.1, http://10.0.0.1:4318"
    })
    void readsCollectorHostAndPort(String text, String endpoint) throws IOException {
        final TracerConfig config = read("tracing: {collector_addr: \"" + text + "\"}");
        assertEquals("", warnings(config));
        assertEquals(endpoint, config.get(ENDPOINT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "collector:0", "collector:65536", ":4318", "ftp://a:1", "user:open@collector:4318"})
    void reportsInvalidCollectorAddress(String text) throws IOException {
        final TracerConfig config = read("tracing: {collector_addr: \"" + text + "\"}");
        assertEquals("", config.get(ENDPOINT));
        assertTrue(warnings(config).endsWith("and should be a host and its port; it is left out"), warnings(config));
        assertFalse(warnings(config).contains("open"), warnings(config));
    }

    @Test
    void emptyValueIsNotSet() throws IOException {
        for (String empty : List.of(
                "",
                "# nothing",
                "tracing:",
                "tracing: {}",
                "tracing: {enabled: , service_name: '', collector_addr: ~}",
                "tracing: {sampling: {rules: []}, sampling_rules: , export: {}, settings: {}}",
                "tracing: {settings: {kraken.tracer.records: }}")) {
            final TracerConfig config = read(empty);
            assertEquals("", warnings(config), empty);
            assertFalse(config.describe().contains("line"), config::describe);
        }
        assertEquals("there is no 'tracing:' in kraken.yaml", warningsOf("tracng: {enabled: false}"));
    }

    @Test
    void unreadableFileIsAWarning() throws IOException {
        assertEquals(
                List.of("kraken.tracer.config is '" + folder + "', which is not a file"),
                of(folder.toString()).warnings());
        assertEquals(
                List.of("kraken.tracer.config is 'no\u0000path', which is not a path".replace('\u0000', '?')),
                of("no\u0000path").warnings());
        assertEquals(
                "kraken.tracer.config is 'absent.yaml', which is not a file",
                warnings(of(folder + "/absent.yaml")).replace("'" + folder + "/", "'"));
        assertEquals("kraken.yaml is not UTF-8", warnings(read(new byte[] {'b', (byte) 0xC3, '('})));
        assertTrue(warningsOf("tracing: {a: [").contains("is not valid YAML"));
        assertTrue(warningsOf("tracing: \u0001").contains("is not valid YAML"));
        assertTrue(warningsOf("- tracing").contains("is a list in kraken.yaml, line 1 and should be a map"));
        assertTrue(warningsOf("tracing: 7").contains("'tracing' is a single value in kraken.yaml, line 1"));
    }

    @Test
    void boundsMaliciousFiles() throws IOException {
        final StringBuilder laughs = new StringBuilder("tracing:\n  a0: &a0 x\n");
        for (int i = 1; i < 60; i++) {
            laughs.append("  a" + i + ": &a" + i + " {" + ("b: *a" + (i - 1) + ", ").repeat(9) + "}\n");
        }
        assertTrue(warningsOf(laughs.toString()).contains("anchors and aliases are not allowed in settings"));
        assertTrue(warningsOf("tracing: {enabled: !!java.net.URL [a]}").contains("tags are not allowed in settings"));
        assertTrue(warningsOf("other: " + "[".repeat(50_000)).contains("nested too deeply"));
        assertTrue(warningsOf("tracing: {sampling_rules: " + "[".repeat(50_000)).contains("nested too deeply"));
        assertTrue(warningsOf("tracing: " + "{a: ".repeat(50_000)).contains("nested too deeply"));
        assertTrue(warningsOf("tracing:\n" + "  a: b\n".repeat(60_000)).contains("is larger than 262144 bytes"));
        final TracerConfig many =
                read("tracing:\n  enabled: false\n  sampling_rules:\n" + "    - {path: /a, rate: 1}\n".repeat(5000));
        assertEquals("kraken.yaml has more than 2000 settings", warnings(many));
        assertFalse(many.get(TracerConfig.ENABLED), "settings before the error count");
    }

    @Test
    void brokenFileStopsTheProgramOnlyInStrictMode() throws IOException {
        final TracerConfig config = read("tracing: {enabled: maybe, a: [");
        config.with(TracerConfig.FILE, TracerConfig.NO_FILE);
        try (Tracer tracer = Tracer.create(config, new CapturingSink())) {
            assertTrue(tracer.isEnabled());
            assertTrue(tracer.describe().contains("is not valid YAML"), tracer::describe);
        }
        properties.put(TracerConfig.STRICT.property(), "true");
        final TracerConfig strict =
                read("tracing: {enabled: maybe, a: [").with(TracerConfig.FILE, TracerConfig.NO_FILE);
        final IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> Tracer.create(strict, new CapturingSink()));
        assertTrue(refusal.getMessage().contains("is not valid YAML"), refusal::getMessage);
        assertTrue(refusal.getMessage().contains("tracing.enabled is 'maybe' in "), refusal::getMessage);
        try (Tracer tracer =
                Tracer.create(read(NESTED).with(TracerConfig.FILE, TracerConfig.NO_FILE), new CapturingSink())) {
            assertTrue(tracer.isEnabled(), "the form that services print is valid");
        }
    }

    @Test
    void neverThrowsForRandomText() throws IOException {
        final Random random = new Random(42);
        final String pieces = "{}[]:,-?&*!|>'\"%@`#~ \n\t.abc0\\u";
        for (int i = 0; i < 1000; i++) {
            final StringBuilder text = new StringBuilder(NESTED);
            for (int j = random.nextInt(6); j >= 0; j--) {
                final int at = random.nextInt(text.length());
                final char piece = pieces.charAt(random.nextInt(pieces.length()));
                text.replace(at, Math.min(text.length(), at + random.nextInt(3)), String.valueOf(piece));
            }
            read(text.toString()).describe();
        }
    }
}
