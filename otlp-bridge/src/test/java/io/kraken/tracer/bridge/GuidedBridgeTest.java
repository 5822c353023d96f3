package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.settings.BridgeSettings;
import io.kraken.tracer.file.ControlWords;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A complete bridge that controls the tracers of its host. */
class GuidedBridgeTest {

    @TempDir
    Path folder;

    private static String get(int port, String path) throws Exception {
        final URI uri = URI.create("http://127.0.0.1:" + port + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }

    @Test
    void controlsANewProcessAndServesItsMetrics() throws Exception {
        final Path spans = Files.createDirectory(folder.resolve("spans"));
        final BridgeConfig config = BridgeSettings.read(
                        List.of(
                                "--queues=" + folder.resolve("queues"),
                                "--span-files=" + spans,
                                "--listen=127.0.0.1:0",
                                "--drain=0",
                                "--services.web.sampling.rate=0.25",
                                "--services.*.recording=true"),
                        Map.of())
                .config();
        final ControlWords words = ControlWords.EMPTY.withRate(0.25).withRecording(true);
        try (Bridge bridge = Bridge.start(config);
                TracedService web = new TracedService("web", spans)) {
            Waiting.until("it acts", () -> web.tracer.file().control().equals(words));
            Waiting.until(
                    "the setting to be in force",
                    () -> web.tracer.file().status().samplingRate() == 0.25);
            final String metrics = get(bridge.watchPort(), "/metrics");
            assertTrue(
                    metrics.matches("(?s).*\nkraken_tracer_sampling_rate\\{file=\"[^\"]+\",pid=\""
                            + ProcessHandle.current().pid() + "\",service=\"web\"} 0\\.25\n.*"),
                    metrics);
            assertTrue(metrics.contains("\nkraken_bridge_control_words_written 1\n"), metrics);
            assertTrue(metrics.contains("\nkraken_bridge_guided_services 1\n"), metrics);
            assertEquals("healthy\n", get(bridge.watchPort(), "/healthz"));
        }
    }
}
