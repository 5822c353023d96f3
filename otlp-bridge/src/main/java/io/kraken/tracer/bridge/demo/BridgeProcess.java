package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.bridge.cli.KrakenTrace;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The bridge, in a process of its own, as an operator would start it. */
final class BridgeProcess implements AutoCloseable {

    private static final List<String> FLAGS =
            List.of("-Xmx96m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    private static final Pattern LISTENS = Pattern.compile("listens on port (\\d+)");
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Path queues;
    private final Child child;
    private final int port;

    /** @param endpoint where it ships the spans to, by OTLP over HTTP */
    BridgeProcess(Path queues, String endpoint) throws IOException {
        this.queues = queues;
        child = Child.start(
                "bridge",
                FLAGS,
                BridgeProcess.class,
                List.of(
                        "bridge",
                        "--queues=" + queues,
                        "--decision-delay=2s",
                        "--listen=127.0.0.1:0",
                        "--destinations.collector.type=otlp_http",
                        "--destinations.collector.endpoint=" + endpoint));
        port = listening(child);
    }

    private static int listening(Child child) throws IOException {
        while (true) {
            final Matcher matcher = LISTENS.matcher(child.answer());
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            }
        }
    }

    /** In the bridge's own process, which ends with the one that has started it. */
    public static void main(String[] args) {
        final Thread parent = new Thread(BridgeProcess::awaitParent, "kraken-demo-parent");
        parent.setDaemon(true);
        parent.start();
        KrakenTrace.main(args);
    }

    private static void awaitParent() {
        try (InputStream in = System.in) {
            while (in.read() >= 0) {
                continue;
            }
        } catch (IOException e) {
            // It is gone as well.
        }
        System.exit(0);
    }

    /** Until everything that was in the queues of dead processes is shipped; false when that takes too long. */
    boolean awaitEmptyQueues(long patienceNs) throws IOException {
        final long deadlineNs = System.nanoTime() + patienceNs;
        while (!QueueRoot.list(queues).isEmpty()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            LockSupport.parkNanos(LOOK_NS);
        }
        return true;
    }

    /** What its metrics say of the destination's ledger. */
    List<String> ledger() throws IOException {
        final HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                .build();
        try {
            final HttpResponse<String> metrics =
                    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
            return metrics.body()
                    .lines()
                    .filter(line -> line.startsWith("kraken_bridge_read_spans{")
                            || line.startsWith("kraken_bridge_spans{")
                            || line.startsWith("kraken_bridge_waiting_spans{")
                            || line.startsWith("kraken_bridge_retries{"))
                    .toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    /** As an operator ends it; returns its exit code. */
    int terminate() {
        return child.terminate();
    }

    @Override
    public void close() {
        child.close();
    }
}
