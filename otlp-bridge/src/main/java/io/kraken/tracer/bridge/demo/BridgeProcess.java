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

/** The bridge in a process of its own, started as an operator would start it. */
final class BridgeProcess implements AutoCloseable {

    private static final List<String> FLAGS =
            List.of("-Xmx96m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    private static final Pattern LISTENS = Pattern.compile("metrics and health on port (\\d+)");
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Path queues;
    private final ChildProcess child;
    private final int port;

    /** @param endpoint the receiver to which it ships spans, by OTLP over HTTP */
    BridgeProcess(Path queues, String endpoint) throws IOException {
        this.queues = queues;
        child = ChildProcess.start(
                "bridge",
                FLAGS,
                BridgeProcess.class,
                List.of(
                        "bridge",
                        "--queues=" + queues,
                        "--decision-delay=2s",
                        "--window.time=0",
                        "--listen=127.0.0.1:0",
                        "--destinations.collector.type=otlp_http",
                        "--destinations.collector.endpoint=" + endpoint));
        port = listening(child);
    }

    private static int listening(ChildProcess child) throws IOException {
        while (true) {
            final Matcher matcher = LISTENS.matcher(child.answer());
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            }
        }
    }

    /** The main method of the bridge's process, which exits when its parent process does. */
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
            // The parent process has ended as well.
        }
        System.exit(0);
    }

    /** Waits until the queues of the ended processes are shipped and deleted; false on a timeout. */
    boolean awaitEmptyQueues(long timeoutNs) throws IOException {
        final long deadlineNs = System.nanoTime() + timeoutNs;
        while (!QueueRoot.list(queues).isEmpty()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return true;
    }

    /** The destination's ledger, from the bridge's metrics. */
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

    /** Sends SIGTERM, as an operator would; returns the exit code. */
    int terminate() {
        return child.terminate();
    }

    @Override
    public void close() {
        child.close();
    }
}
