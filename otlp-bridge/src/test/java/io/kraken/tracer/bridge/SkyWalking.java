package io.kraken.tracer.bridge;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The SkyWalking of the profile "backends" in a JVM of its own: it receives OTLP over gRPC, stores it in memory and
 * answers Zipkin queries. It runs on the JDK of the test.
 */
final class SkyWalking implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private final HttpClient client = HttpClient.newHttpClient();
    private final Path log;
    private final List<Integer> ports = freePorts();
    private final Process process;

    private SkyWalking(Path folder) throws IOException {
        log = folder.resolve("skywalking.log");
        final Path home = Path.of(setting("skywalking.home"));
        final String classPath = home.resolve("config") + File.pathSeparator + setting("skywalking.lib") + "/*";
        final ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Dport.otlp=" + ports.get(0),
                "-Dport.query=" + ports.get(1),
                "-Dport.rest=" + ports.get(2),
                "-cp",
                classPath,
                home.resolve("Start.java").toString());
        builder.environment().keySet().removeIf(name -> name.matches("(SW|JAVA_TOOL|JDK_JAVA)_.*"));
        process = builder.directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static String setting(String name) {
        final String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException(name + " is not set: run with mvn -Pbackends");
        }
        return value;
    }

    /** Distinct ports that were free a moment ago. */
    private static List<Integer> freePorts() throws IOException {
        final InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket first = new ServerSocket(0, 1, loopback);
                ServerSocket second = new ServerSocket(0, 1, loopback);
                ServerSocket third = new ServerSocket(0, 1, loopback)) {
            return List.of(first.getLocalPort(), second.getLocalPort(), third.getLocalPort());
        }
    }

    /** Starts it and waits until it answers. */
    static SkyWalking start(Path folder) throws IOException {
        final SkyWalking started = new SkyWalking(folder);
        try {
            started.awaitAnswer();
            return started;
        } catch (IOException | RuntimeException | Error e) {
            started.close();
            throw e;
        }
    }

    private void awaitAnswer() throws IOException {
        final long deadlineNs = System.nanoTime() + START.toNanos();
        while (!answers()) {
            if (!process.isAlive() || System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("does not answer: " + log());
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    private boolean answers() {
        try {
            return get("services").statusCode() == OK;
        } catch (IOException e) {
            return false;
        }
    }

    int otlpPort() {
        return ports.get(0);
    }

    /** The stored spans of a trace so far. */
    List<ZipkinSpan> trace(String traceId) throws IOException {
        final HttpResponse<String> response = get("trace/" + traceId);
        if (response.statusCode() == NOT_FOUND) {
            return List.of();
        }
        if (response.statusCode() != OK) {
            throw new IOException(response.statusCode() + ": " + response.body());
        }
        return new ArrayList<>(ZipkinSpan.read(response.body()));
    }

    private HttpResponse<String> get(String path) throws IOException {
        final HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + ports.get(1) + "/zipkin/api/v2/" + path))
                .timeout(ANSWER)
                .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The content of its log. */
    String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
