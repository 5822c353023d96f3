package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.Queues;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a JVM needs to be started with to append to queues, out of the jar or the folder that ships it. */
final class QueueArguments {

    private QueueArguments() {}

    static List<String> read() throws IOException {
        try (InputStream in = Queues.class.getResourceAsStream("/META-INF/kraken-tracer/queue.args");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines().filter(line -> line.startsWith("-")).toList();
        }
    }
}
