package io.kraken.tracer.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.ControlWords.Rate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceSettingsTest {

    static final String SERVICES = """
            bridge:
              services:
                "*": {sampling: {rate: 0.1}}
                kraken.origin:
                  recording: true
                  sampling:
                    limit: 100
                  operations:
                    origin.push: {rate: 1}
                    "GET /namespace/{ns}":
                      rate: 0.01
                      lower_bound: 2
                  breaker:
                    enabled: true
                    threshold: 0.8
            """;

    @TempDir
    Path folder;

    private static BridgeSettings settings(String... arguments) throws SettingsException {
        return BridgeSettings.read(List.of(arguments), Map.of());
    }

    private static Map<String, ControlWords> read(String... arguments) throws SettingsException {
        return settings(arguments).config().control().services();
    }

    private static String problems(String... arguments) {
        return String.join(
                "\n",
                assertThrows(SettingsException.class, () -> read(arguments)).problems());
    }

    private String file(String yaml) throws IOException {
        return "--config=" + Files.writeString(folder.resolve("bridge.yaml"), yaml);
    }

    @Test
    void hasNoSettingsByDefault() throws SettingsException {
        assertEquals(Map.of(), read());
        assertNull(settings().config().control().remote());
    }

    @Test
    void readsEachSettingFromTheCommandLine() throws SettingsException {
        final ControlWords empty = ControlWords.EMPTY;
        final Map<String, ControlWords> expected = Map.of(
                "sampling.rate=0.25", empty.withRate(0.25),
                "sampling.limit=50", empty.withLimit(50.0),
                "sampling.lower_bound=0.5", empty.withLowerBound(0.5),
                "sampling.lower-bound=0.5", empty.withLowerBound(0.5),
                "recording=false", empty.withRecording(false),
                "breaker.enabled=false", empty.withBreaker(false, null),
                "breaker.threshold=0.9", empty.withBreaker(null, 0.9),
                "operations.agent.download_blob.rate=1", empty.withOperation("agent.download_blob", new Rate(1, 0)));
        for (Map.Entry<String, ControlWords> each : expected.entrySet()) {
            for (String service : List.of("web", "*", "kraken.web-1", "a.sampling")) {
                assertEquals(
                        Map.of(service, each.getValue()),
                        read("--services." + service + "." + each.getKey()),
                        each.getKey());
            }
        }
    }

    @Test
    void readsNamesWithDotsFromAFile() throws Exception {
        final String file = file(SERVICES);
        assertEquals(
                Map.of(
                        "*",
                        ControlWords.EMPTY.withRate(0.1),
                        "kraken.origin",
                        ControlWords.EMPTY
                                .withRecording(true)
                                .withLimit(100.0)
                                .withOperation("origin.push", new Rate(1, 0))
                                .withOperation("GET /namespace/{ns}", new Rate(0.01, 2))
                                .withBreaker(true, 0.8)),
                read(file));
        assertTrue(settings(file)
                .describe()
                .contains("services.kraken.origin.operations.GET /namespace/{ns}.lower_bound = 2  ("));
        assertEquals(
                0.9,
                read(file, "--services.kraken.origin.operations.origin.push.rate=0.9")
                        .get("kraken.origin")
                        .operations()
                        .get("origin.push")
                        .share(),
                "the command line weighs more");
    }

    @Test
    void refusesValuesOutOfRange() {
        for (String bad : List.of(
                "sampling.rate=1.1",
                "sampling.rate=NaN",
                "sampling.limit=-1",
                "sampling.limit=10000001",
                "sampling.lower_bound=many",
                "operations.a.b.rate=2",
                "recording=yes",
                "breaker.enabled=1",
                "breaker.threshold=0",
                "breaker.threshold=1.5")) {
            final String[] parts = bad.split("=");
            final String begin =
                    "services.web." + parts[0] + " is '" + parts[1] + "' in the command line and should be ";
            assertTrue(problems("--services.web." + bad).startsWith(begin), bad);
        }
    }

    @Test
    void refusesInvalidSettings() throws IOException {
        assertEquals(
                "services.web.operations.a.b.lower_bound needs services.web.operations.a.b.rate as well",
                problems("--services.web.operations.a.b.lower_bound=1"));
        assertEquals(
                "services.web.recording is given twice, in the command line and in the command line",
                problems("--services.web.recording=true", "--services.web.recording=false"));
        assertEquals(
                "unknown setting 'services.web.sampling.raet' in the command line; did you mean"
                        + " 'services.web.sampling.rate'?",
                problems("--services.web.sampling.raet=1"));
        assertTrue(problems("--services.web=1").endsWith("is a single value in the command line and should be a map"));
        assertTrue(problems("--services.web.operations.x=1").startsWith("unknown setting"));
        assertTrue(problems("--services." + "s".repeat(256) + ".recording=true").startsWith("a service's name is '"));
        assertTrue(problems("--services.a.operations." + "o".repeat(1025) + ".rate=1")
                .startsWith("an operation of service a has a name of more than 1024 bytes"));
        assertTrue(problems(file("bridge: {services: {web: {sampling: [1]}}}")).contains("is a list"));
        assertEquals(
                "services.a?b.recording has no value in bridge.yaml, line 1",
                problems(file("bridge: {services: {\"a\\tb\": {recording: }}}")).replace(folder + "/", ""));
    }

    @Test
    void limitsTheNumberOfServicesAndOperations() {
        final String[] services = new String[257];
        final String[] operations = new String[257];
        for (int i = 0; i < 257; i++) {
            services[i] = "--services.s" + i + ".recording=true";
            operations[i] = "--services.s.operations.o" + i + ".rate=1";
        }
        assertEquals("there are settings of more than 256 services", problems(services));
        assertEquals("service s has more than 256 operations", problems(operations));
    }

    @Test
    void refusesServicesInVariables() {
        final SettingsException refused = assertThrows(
                SettingsException.class,
                () -> BridgeSettings.read(List.of(), Map.of("KRAKEN_BRIDGE_SERVICES_WEB_RECORDING", "false")));
        assertEquals(
                List.of("KRAKEN_BRIDGE_SERVICES_WEB_RECORDING: variables cannot contain service names; use the file"
                        + " or the command line"),
                refused.problems());
    }

    @Test
    void completesTheEndpointOfRemoteSampling() throws SettingsException {
        assertEquals("http://jaeger:5778/sampling", remote("http://jaeger"));
        assertEquals("https://jaeger:14268/api/sampling", remote("https://jaeger:14268/api/sampling"));
        assertEquals("grpc://jaeger:14250", remote("grpc://jaeger/"));
        assertEquals("grpcs://jaeger:1", remote("grpcs://jaeger:1"));
        assertEquals(
                "sampling.remote.tls.server_name is for endpoints that begin with https:// or grpcs://, but is given in"
                        + " the command line",
                problems("--sampling.remote.endpoint=grpc://a", "--sampling.remote.tls.server_name=b"));
        assertEquals(
                "sampling.remote.tls.server_name is for gRPC; with HTTP, the server's certificate must have the host of"
                        + " the URL, but is given in the command line",
                problems("--sampling.remote.endpoint=https://a", "--sampling.remote.tls.server_name=b"));
    }

    @Test
    void refusesAndMasksSecretsInTheEndpoint() {
        for (String bad : List.of("http://me:secret@a", "http://a?key=secret")) {
            final String problem = problems("--sampling.remote.endpoint=" + bad);
            assertTrue(problem.contains("***") && !problem.contains("secret"), problem);
        }
    }

    @Test
    void requiresCertificateAndKeyTogether() throws IOException {
        final String pem =
                Files.writeString(folder.resolve("some.pem"), "looked at later").toString();
        assertEquals(
                "sampling.remote.tls.certificate and sampling.remote.tls.key must be given together, but only one is",
                problems("--sampling.remote.endpoint=https://a", "--sampling.remote.tls.key=" + pem));
    }

    private static String remote(String endpoint) throws SettingsException {
        return settings("--sampling.remote.endpoint=" + endpoint)
                .config()
                .control()
                .remote()
                .endpoint()
                .toString();
    }
}
