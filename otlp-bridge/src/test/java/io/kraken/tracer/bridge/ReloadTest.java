package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.cli.KrakenTrace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** SIGHUP makes a bridge read its settings again. */
@DisabledOnOs(OS.WINDOWS)
class ReloadTest {

    @TempDir
    Path folder;

    private Path file;

    private void settings(String slow, String stall, String rate) throws IOException {
        Files.writeString(file, """
                bridge:
                  queues: %s
                  listen: "off"
                  stall: %s
                  keep: {slow: %s}
                  services: {"*": {sampling: {rate: %s}}}
                  destinations: {main: {type: otlp_file, path: %s}}
                """.replaceFirst("%s", folder.resolve("queues").toString())
                .replaceFirst("%s", stall)
                .replaceFirst("%s", slow)
                .replaceFirst("%s", rate)
                .replaceFirst("%s", folder.resolve("spans.jsonl").toString()));
    }

    private static void hangUp(ForkedMain bridge) throws IOException, InterruptedException {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-HUP", Long.toString(bridge.process.pid()))
                        .start()
                        .waitFor());
    }

    @Test
    void changesWhatCanBeChangedAndRefusesInvalidSettings() throws IOException, InterruptedException {
        file = folder.resolve("bridge.yaml");
        settings("1s", "5s", "0.5");
        try (ForkedMain bridge = ForkedMain.start(
                folder.resolve("bridge.log"), KrakenTrace.class, List.of("bridge", "--config=" + file))) {
            bridge.awaitOutput("bridge started");
            settings("soon", "5s", "2");
            hangUp(bridge);
            bridge.awaitOutput("the settings are invalid and were not applied");
            assertTrue(bridge.said().contains("keep.slow is 'soon'"), bridge.said());
            assertTrue(bridge.said().contains("services.*.sampling.rate is '2'"), bridge.said());
            settings("2s", "6s", "0.25");
            hangUp(bridge);
            bridge.awaitOutput("changed: keep.slow, services.*.sampling.rate\n");
            bridge.awaitOutput("needs a restart: stall\n");
            hangUp(bridge);
            bridge.awaitOutput("changed: none\n");
            bridge.terminate();
            assertEquals(0, bridge.process.exitValue());
        }
    }
}
