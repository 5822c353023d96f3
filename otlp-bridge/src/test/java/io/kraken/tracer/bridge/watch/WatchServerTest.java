package io.kraken.tracer.bridge.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.watch.WatchServer.Verdict;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchServerTest {

    private static final int SHORT_MILLIS = 100;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private volatile Verdict health = new Verdict(true, "well");
    private volatile Verdict readiness = new Verdict(false, "no destination\nanswers");
    private volatile String metrics = "a_total 1\n";
    private WatchServer server;

    @BeforeEach
    void open() throws IOException {
        server = open(0, 60_000);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private WatchServer open(int port, long longestMillis) throws IOException {
        return new WatchServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                () -> metrics.isEmpty() ? fail() : metrics,
                () -> health,
                () -> readiness,
                longestMillis);
    }

    private static String fail() {
        throw new IllegalStateException("nothing to\nmeasure");
    }

    private HttpResponse<String> ask(String method, String path) throws IOException, InterruptedException {
        final URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
        return client.send(
                HttpRequest.newBuilder(uri)
                        .method(method, BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    private String answer(String method, String path) throws IOException, InterruptedException {
        final HttpResponse<String> answer = ask(method, path);
        return answer.statusCode() + " " + answer.body();
    }

    @Test
    void servesMetricsInPrometheusFormat() throws Exception {
        final HttpResponse<String> answer = ask("GET", "/metrics");
        assertEquals(200, answer.statusCode());
        assertEquals("a_total 1\n", answer.body());
        assertEquals(
                PrometheusText.CONTENT_TYPE,
                answer.headers().firstValue("Content-Type").orElse(""));
    }

    @Test
    void servesHealthWithAReason() throws Exception {
        assertEquals("200 well\n", answer("GET", "/healthz"));
        assertEquals("503 no destination?answers\n", answer("GET", "/readyz"));
        health = new Verdict(false, "stuck");
        readiness = new Verdict(true, "3 queues");
        assertEquals("503 stuck\n", answer("GET", "/healthz?verbose"));
        assertEquals("200 3 queues\n", answer("GET", "/readyz"));
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        final HttpResponse<String> answer = ask("HEAD", "/metrics");
        assertEquals(200, answer.statusCode());
        assertEquals("", answer.body());
        assertEquals("10", answer.headers().firstValue("Content-Length").orElse(""));
        assertEquals(503, ask("HEAD", "/readyz").statusCode());
        assertEquals("200 well\n", answer("GET", "/healthz"));
    }

    @Test
    void refusesOtherPathsAndMethods() throws Exception {
        for (String path : List.of("/", "/metrics/", "/metricsx", "/healthz/..", "/%2e")) {
            assertEquals("404 not found; see /metrics, /healthz and /readyz\n", answer("GET", path), path);
        }
        for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "BREW")) {
            final HttpResponse<String> answer = ask(method, "/metrics");
            assertEquals(405, answer.statusCode(), method);
            assertEquals("GET, HEAD", answer.headers().firstValue("Allow").orElse(""));
        }
    }

    @Test
    void answersAFailureWithoutDetails() throws Exception {
        metrics = "";
        for (int i = 0; i < 10; i++) {
            assertEquals("500 internal error, see the bridge's log\n", answer("GET", "/metrics"));
        }
        assertEquals("200 well\n", answer("GET", "/healthz"));
        metrics = "b 2\n";
        assertEquals("200 b 2\n", answer("GET", "/metrics"));
    }

    @Test
    void closesConnectionsOfSlowClients() throws Exception {
        server.close();
        server = open(0, SHORT_MILLIS);
        final List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                final Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
                slow.add(socket);
                socket.getOutputStream().write("GET /met".getBytes(StandardCharsets.US_ASCII));
            }
            assertEquals("200 well\n", answer("GET", "/healthz"));
            for (Socket socket : slow) {
                assertEquals(-1, socket.getInputStream().read(), "closed without an answer");
            }
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
        for (int i = 0; i < 20; i++) {
            assertEquals("200 well\n", answer("GET", "/healthz"), "other connections are not closed");
        }
    }

    @Test
    void explainsWhatToDoIfTheAddressIsInUse() {
        final IOException refused =
                assertThrows(IOException.class, () -> open(server.port(), 1).close());
        assertTrue(refused.getMessage().startsWith("cannot serve metrics and health at 127.0.0.1:" + server.port()));
        assertTrue(refused.getMessage().endsWith("Set 'listen' to another address or to 'off'"), refused.getMessage());
    }

    @Test
    void namesItsDaemonThreads() throws Exception {
        ask("GET", "/healthz");
        final Set<String> names = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("kraken-bridge-watch-")
                    || thread.getName().equals("HTTP-Dispatcher")) {
                names.add(thread.getName());
                assertTrue(thread.isDaemon(), thread.getName());
            }
        }
        assertTrue(names.contains("kraken-bridge-watch-1"), names::toString);
        assertTrue(names.contains("HTTP-Dispatcher"), names::toString);
    }

    @Test
    void answersNothingAfterClose() throws Exception {
        ask("GET", "/healthz");
        server.close();
        server.close();
        assertThrows(ConnectException.class, () -> ask("GET", "/healthz"));
        final int port = server.port();
        server = open(port, 60_000);
        assertEquals("200 well\n", answer("GET", "/healthz"), "the address is free again");
        assertFalse(server.port() == 0);
    }
}
