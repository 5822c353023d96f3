package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Optional libraries are not needed by programs that do not use them. */
class AloneTest {

    private static final String OURS = "io.kraken.tracer.";

    @Test
    void worksWithoutOptionalDependencies() {
        final String[] output =
                Child.run(List.of(), List.of("-Xlog:class+load"), "alone").split("2 spans\n", 2);
        assertEquals(2, output.length, output[0]);
        assertTrue(output[0].contains("[traceparent] true\n"), output[0]);
        for (String optional : List.of("messaging", "rpc", "logs", "metrics", "yaml")) {
            assertTrue(!output[0].contains(OURS + optional), optional);
        }
        for (String name : List.of(
                "messaging.ProducerSpans$Sent",
                "rpc.ClientSpans",
                "logs.Log4jSpans",
                "logs.LogbackSpans",
                "metrics.TracerMetrics")) {
            assertTrue(output[1].contains(name + " NoClassDefFoundError\n"), output[1]);
        }
    }

    @Test
    void ignoresYamlFileWithoutItsParser(@TempDir Path folder) throws IOException {
        final Path file = Files.writeString(folder.resolve("kraken.yaml"), "tracing: {enabled: false}");
        final String output = Child.run(List.of(), List.of(), "yaml", file.toString());
        assertTrue(
                output.endsWith("true [" + file
                        + " can't be read: snakeyaml-engine (org.snakeyaml) is not on the class path]\n"),
                output);
    }
}
