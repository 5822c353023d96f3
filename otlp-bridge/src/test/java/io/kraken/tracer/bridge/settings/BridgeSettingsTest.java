package io.kraken.tracer.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BridgeSettingsTest {

    private static final String MAIN = "destinations.main.";

    @TempDir
    Path folder;

    private Path pem;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void writePem() throws IOException {
        pem = Files.writeString(folder.resolve("some.pem"), "looked at later");
    }

    private BridgeConfig read(String... arguments) throws SettingsException {
        return BridgeSettings.read(List.of(arguments), environment).config();
    }

    private String file(String... lines) throws IOException {
        return "--config=" + Files.writeString(folder.resolve("bridge.yaml"), String.join("\n", lines) + "\n");
    }

    private String problems(String... arguments) {
        final SettingsException refused = assertThrows(SettingsException.class, () -> read(arguments));
        return String.join("\n", refused.problems()).replace(folder + "/", "");
    }

    private DestinationConfig destination(String... arguments) throws SettingsException {
        return read(arguments).destinations().get(0);
    }

    // --- each setting from four sources

    /** A setting with its default, another value as text and as read, and invalid values. */
    private final class Row {
        final String name;
        final Function<BridgeConfig, Object> value;
        final Object byDefault;
        final List<String> besides = new ArrayList<>();
        String text;
        Object read;
        List<String> refused;

        Row(String name, Function<BridgeConfig, Object> value, Object byDefault) {
            this.name = name;
            this.value = value;
            this.byDefault = byDefault;
        }

        Row takes(String other, Object asRead) {
            this.text = other;
            this.read = asRead;
            return this;
        }

        Row refuses(String... values) {
            refused = List.of(values);
            return this;
        }

        /** Other settings that the setting requires. */
        Row with(String... arguments) {
            besides.addAll(List.of(arguments));
            return this;
        }

        void check() throws Exception {
            final String variable = "KRAKEN_BRIDGE_" + Setting.environmentVariable(name);
            final String[] first = besides.toArray(new String[0]);
            assertEquals(byDefault, value.apply(read(first)), name + " by default");
            assertEquals(read, value.apply(read(and("--" + name + "=" + text))), name + " on the command line");
            assertEquals(read, value.apply(read(and("--" + name.replace('_', '-'), text))), name + " with hyphens");
            assertEquals(read, value.apply(read(and(file(asYaml(text))))), name + " in a file");
            environment.put(variable, text);
            assertEquals(read, value.apply(read(first)), name + " in the environment");
            environment.clear();
            for (String bad : refused) {
                checkRefused(bad, problems(and("--" + name + "=" + bad)), "the command line");
                checkRefused(
                        bad, problems(and(file(asYaml(bad)))), "bridge.yaml, line " + (name.split("\\.").length + 1));
                if (!bad.isEmpty()) { // an empty variable counts as not set
                    environment.put(variable, bad);
                    checkRefused(bad, problems(first), variable);
                }
                environment.clear();
            }
        }

        private void checkRefused(String bad, String problem, String origin) {
            final String begin = name + " is '" + bad.strip() + "' in " + origin + " and should be ";
            assertTrue(problem.startsWith(begin), () -> problem + "\nshould begin with\n" + begin);
            assertFalse(problem.contains("\n"), problem);
        }

        private String[] and(String... more) {
            final List<String> all = new ArrayList<>(besides);
            all.addAll(List.of(more));
            return all.toArray(new String[0]);
        }

        private String asYaml(String scalar) {
            final StringBuilder yaml = new StringBuilder("bridge:");
            String indent = "\n  ";
            for (String part : name.split("\\.")) {
                yaml.append(indent).append(part).append(':');
                indent += "  ";
            }
            return yaml.append(" '").append(scalar).append("'").toString();
        }
    }

    private Row setting(String name, Function<BridgeConfig, Object> value, Object byDefault) {
        return new Row(name, value, byDefault);
    }

    private Row ofMain(String name, Function<DestinationConfig, Object> value, Object byDefault) {
        return new Row(MAIN + name, config -> value.apply(config.destinations().get(0)), byDefault);
    }

    private static long s(long seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }

    private static long ms(long milliseconds) {
        return TimeUnit.MILLISECONDS.toNanos(milliseconds);
    }

    private List<Row> rows() {
        return List.of(
                setting("queues", BridgeConfig::queues, QueueDirectory.root("auto"))
                        .takes(folder.toString(), folder.toAbsolutePath())
                        .refuses(""),
                setting("decision_delay", BridgeConfig::decisionDelayNs, s(10))
                        .takes("0", 0L)
                        .refuses("61m", "5 parsecs", "-1s", "10", "99999999999h", "999999999h"),
                setting("batch_delay", BridgeConfig::batchDelayNs, ms(200))
                        .takes("0", 0L)
                        .refuses("61s"),
                setting("stall", BridgeConfig::stallNs, s(5))
                        .takes("100ms", ms(100))
                        .refuses("99ms", "11m", "0"),
                setting("disk.megabytes", BridgeConfig::diskBytes, 3072L << 20)
                        .takes("1048576", 1L << 40)
                        .refuses("63", "1048577", "3g", "-5", "0x40", "1e3", "99999999999999999999"),
                setting("window.time", config -> config.window().timeNs(), s(600))
                        .takes("0", 0L)
                        .refuses("25h"),
                setting("window.megabytes", config -> config.window().bytes(), 2048L << 20)
                        .takes("0", 0L)
                        .refuses("-1", "1048577"),
                setting("quarantine", BridgeConfig::quarantineNs, s(86_400))
                        .takes("48h", s(172_800))
                        .refuses("8761h"),
                setting("drain", BridgeConfig::drainNs, s(10))
                        .takes("10m", s(600))
                        .refuses("601s"),
                setting(
                                "threads",
                                BridgeConfig::threads,
                                Math.min(256, Runtime.getRuntime().availableProcessors()))
                        .takes("256", 256)
                        .refuses("0", "257", "many"),
                setting("listen", config -> String.valueOf(config.watch()), "/127.0.0.1:8888")
                        .takes("0.0.0.0:0", "/0.0.0.0:0")
                        .refuses(
                                "8888", ":8888", "*:8888", "example.org:80", "256.0.0.1:80", "127.0.0.1:65536", "[]:1"),
                setting("span_files", config -> config.control().spanFiles(), SpanFiles.ofHost())
                        .takes(folder.toString(), new SpanFiles(folder))
                        .refuses(""),
                setting("keep.errors", config -> config.keep().errors(), true)
                        .takes("false", false)
                        .refuses("yes", "1"),
                setting("keep.slow", config -> config.keep().slowNs(), s(1))
                        .takes("0", 0L)
                        .refuses("2h"),
                setting("keep.share", config -> config.keep().share(), 0.0)
                        .takes("0.25", 0.25)
                        .refuses("1.1", "-0.1", "NaN", "half", "1d", "."),
                setting("keep.traces", config -> config.keep().traces(), 500_000)
                        .takes("1000", 1000)
                        .refuses("999", "10000001"),
                setting("keep.remember", config -> config.keep().rememberNs(), s(600))
                        .takes("24h", s(86_400))
                        .refuses("0"));
    }

    private static String endpointOf(ControlConfig.Remote remote) {
        return remote == null ? "none" : remote.endpoint().toString();
    }

    private List<Row> rowsOfRemoteSampling() {
        final String remote = "sampling.remote.";
        final String grpcs = "--sampling.remote.endpoint=grpcs://jaeger";
        return List.of(
                setting(
                                remote + "endpoint",
                                config -> endpointOf(config.control().remote()),
                                "none")
                        .takes("http://jaeger:5778", "http://jaeger:5778/sampling")
                        .refuses("jaeger:5778", "ftp://a:1", "http://", "grpc://a/b"),
                setting(remote + "interval", config -> config.control().remote().intervalNs(), s(60))
                        .with(grpcs)
                        .takes("1h", s(3600))
                        .refuses("999ms", "2h"),
                setting(remote + "timeout", config -> config.control().remote().timeoutNs(), s(5))
                        .with(grpcs)
                        .takes("1m", s(60))
                        .refuses("1ms", "2m"),
                setting(
                                remote + "tls.authorities",
                                config -> config.control().remote().tls().authorities(),
                                null)
                        .with(grpcs)
                        .takes(pem.toString(), pem)
                        .refuses("not-there.pem"),
                setting(
                                remote + "tls.server_name",
                                config -> config.control().remote().tls().serverName(),
                                null)
                        .with(grpcs)
                        .takes("jaeger.example", "jaeger.example")
                        .refuses("a b"),
                setting(
                                remote + "tls.reload",
                                config -> config.control().remote().tls().reloadNs(),
                                s(10))
                        .with(grpcs)
                        .takes("24h", s(86_400))
                        .refuses("0"));
    }

    private List<Row> rowsOfDestinations() {
        final String grpc = "--" + MAIN + "type=otlp_grpc";
        return List.of(
                ofMain("type", DestinationConfig::type, Type.OTLP_GRPC)
                        .with("--" + MAIN + "requests=4")
                        .takes("otlp_http", Type.OTLP_HTTP)
                        .refuses("OTLP_HTTP", "kafka"),
                ofMain("endpoint", d -> d.endpoint().toString(), "http://localhost:4317")
                        .with(grpc)
                        .takes("https://collector:443", "https://collector:443")
                        .refuses(
                                "localhost:4317",
                                "ftp://a:1",
                                "http://",
                                "http://a:70000",
                                "http://a b",
                                "http://a/#b"),
                ofMain("headers.x-tenant", d -> d.headers().get("x-tenant"), null)
                        .with(grpc)
                        .takes("blue", "blue")
                        .refuses(),
                ofMain("compression", DestinationConfig::gzip, false)
                        .with(grpc)
                        .takes("gzip", true)
                        .refuses("zstd"),
                ofMain("timeout", DestinationConfig::timeoutNs, s(10))
                        .with(grpc)
                        .takes("10ms", ms(10))
                        .refuses("0"),
                ofMain("requests", DestinationConfig::requests, 4)
                        .with(grpc)
                        .takes("64", 64)
                        .refuses("0", "65"),
                ofMain("request_bytes", DestinationConfig::requestBytes, 1 << 20)
                        .with(grpc)
                        .takes("65536", 65_536)
                        .refuses("65535", "16777217"));
    }

    private List<Row> rowsOfRetryTlsAndFiles() {
        final String https = "--" + MAIN + "endpoint=https://collector";
        final String grpc = "--" + MAIN + "type=otlp_grpc";
        final String toFile = "--" + MAIN + "type=otlp_file";
        return List.of(
                ofMain("retry.first", d -> d.retry().firstNs(), s(1))
                        .with(grpc)
                        .takes("30s", s(30))
                        .refuses("1ms"),
                ofMain("retry.longest", d -> d.retry().longestNs(), s(30))
                        .with(grpc)
                        .takes("1h", s(3600))
                        .refuses("2h"),
                ofMain("tls.authorities", d -> d.tls().authorities(), null)
                        .with(https)
                        .takes(pem.toString(), pem)
                        .refuses("not-there.pem"),
                ofMain("tls.server_name", d -> d.tls().serverName(), null)
                        .with(https)
                        .takes("otel.example", "otel.example")
                        .refuses("a b"),
                ofMain("tls.reload", d -> d.tls().reloadNs(), s(10))
                        .with(https)
                        .takes("24h", s(86_400))
                        .refuses("0", "25h"),
                ofMain("megabytes", d -> d.file().mostBytes(), 256L << 20)
                        .with(toFile, "--" + MAIN + "path=spans.jsonl")
                        .takes("1", 1L << 20)
                        .refuses("0", "1048577"));
    }

    @Test
    void readsEverySettingFromEverySource() throws Exception {
        for (Row row : rows()) {
            row.check();
        }
        for (Row row : rowsOfRemoteSampling()) {
            row.check();
        }
        for (Row row : rowsOfDestinations()) {
            row.check();
        }
        for (Row row : rowsOfRetryTlsAndFiles()) {
            row.check();
        }
    }

    @Test
    void coversEverySetting() {
        // Settings that depend on others have tests of their own.
        final List<String> tested = new ArrayList<>(List.of(
                "config",
                "path",
                "tls.certificate",
                "tls.key",
                "sampling.remote.tls.certificate",
                "sampling.remote.tls.key"));
        for (List<Row> some : List.of(rows(), rowsOfRemoteSampling(), rowsOfDestinations(), rowsOfRetryTlsAndFiles())) {
            for (Row row : some) {
                tested.add(row.name.replace(MAIN, "").replace("x-tenant", "<header>"));
            }
        }
        for (Setting<?> setting : SettingsTable.rows()) {
            final boolean here = !SettingKey.isOfService(setting); // those have a test class of their own
            assertTrue(
                    !here || tested.contains(setting.property().replace(SettingKey.DESTINATIONS + "<name>.", "")),
                    setting.property());
        }
    }

    @Test
    void parsesAllDefaults() {
        for (Setting<?> setting : SettingsTable.rows()) {
            assertTrue(setting.defaultText().isEmpty() || setting.byDefault() != null, setting.property());
        }
    }

    @Test
    void doesNotListenWhenOff() throws SettingsException {
        assertNull(read("--listen=off").watch());
        assertEquals(
                "/[0:0:0:0:0:0:0:1]:9",
                read("--listen=[::1]:9").watch().toString().replace("localhost", ""));
        assertTrue(read("--listen=localhost:9").watch().getAddress().isLoopbackAddress());
    }

    @Test
    void requiresCertificateAndKeyTogether() throws SettingsException {
        final String certificate = MAIN + "tls.certificate";
        final String key = MAIN + "tls.key";
        final String https = "--" + MAIN + "endpoint=https://collector:4317";
        final DestinationConfig both = destination(https, "--" + certificate + "=" + pem, "--" + key, pem.toString());
        assertEquals(new DestinationConfig.Tls(null, pem, pem, null, s(10)), both.tls());
        assertEquals(
                certificate + " and " + key + " must be given together, but only one is",
                problems(https, "--" + key + "=" + pem));
        assertEquals(
                certificate + " is 'absent' in the command line and should be a file that can be read\n" + key
                        + " is '.' in the command line and should be a file that can be read",
                problems(https, "--" + certificate + "=absent", "--" + key + "=."));
        assertEquals(
                key + " is for endpoints that begin with https://, but is given in the command line",
                problems("--" + key + "=" + pem));
    }

    @Test
    void refusesNetworkSettingsForFiles() throws SettingsException {
        final String type = "--" + MAIN + "type=otlp_file";
        final DestinationConfig file = destination(type, "--" + MAIN + "path=spans.jsonl");
        assertEquals(new DestinationConfig.File(Path.of("spans.jsonl"), 256L << 20), file.file());
        assertNull(file.endpoint());
        assertNull(file.tls());
        assertEquals("destination main is an otlp_file and needs " + MAIN + "path", problems(type));
        assertEquals(
                MAIN + "endpoint is not for type otlp_file, but is given in the command line\n" + MAIN
                        + "headers.a in the command line is not for type otlp_file",
                problems(
                        type,
                        "--" + MAIN + "path=x",
                        "--" + MAIN + "endpoint=http://a:1",
                        "--" + MAIN + "headers.a=b"));
        assertEquals(
                MAIN + "path is not for type otlp_grpc, but is given in the command line",
                problems("--" + MAIN + "path=x"));
    }

    @Test
    void completesEndpoints() throws SettingsException {
        assertEquals("http://localhost:4318/v1/traces", endpoint("otlp_http", null));
        assertEquals("http://a:4318/v1/traces", endpoint("otlp_http", "http://a:4318/"));
        assertEquals("https://a:443/otlp/v1/spans?k=v", endpoint("otlp_http", "https://a/otlp/v1/spans?k=v"));
        assertEquals("http://[::1]:80", endpoint("otlp_grpc", "http://[::1]/"));
        assertEquals(
                MAIN
                        + "endpoint (http://a:1/b, the command line) has a path or a query, which otlp_grpc does not"
                        + " support",
                problems("--" + MAIN + "endpoint=http://a:1/b"));
    }

    private String endpoint(String type, String endpoint) throws SettingsException {
        final String typed = "--" + MAIN + "type=" + type;
        final DestinationConfig read =
                endpoint == null ? destination(typed) : destination(typed, "--" + MAIN + "endpoint=" + endpoint);
        return read.endpoint().toString();
    }
}
