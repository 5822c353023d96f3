package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.Queues;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The JVM flags that queues need, read from the jar or folder that ships them. */
final class QueueArguments {

    private QueueArguments() {}

    static List<String> read() throws IOException {
        try (InputStream in = Queues.class.getResourceAsStream("/META-INF/kraken-tracer/queue.args");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines().filter(line -> line.startsWith("-")).toList();
        }
    }
}
