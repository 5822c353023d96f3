package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the echo service: how it propagates raw headers to the services that it calls. */
class EchoTest {

    private static final String TRACE = "12345678901234567890123456789012";
    private static final String PARENT = "traceparent: 00-" + TRACE + "-1234567890123456-";

    private final List<Map<String, List<String>>> called = Collections.synchronizedList(new ArrayList<>());
    private final List<String> bodies = Collections.synchronizedList(new ArrayList<>());
    private Tracer tracer;
    private Echo echo;
    private HttpServer other;

    @BeforeEach
    void start() throws IOException {
        tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.SHUTDOWN_HOOK, false)
                .with(ExportSettings.SINK, ExportSettings.DISCARD));
        echo = Echo.start(tracer, 0);
        other = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        other.createContext("/", exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            called.add(exchange.getRequestHeaders());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        other.start();
    }

    @AfterEach
    void stop() {
        echo.close();
        other.stop(0);
        assertEquals(0, tracer.close(Duration.ofSeconds(10)).lost());
    }

    /** Makes it send a number of calls; the given header lines are sent unchanged. */
    private String post(int calls, String... headers) throws IOException {
        final String url = "http://127.0.0.1:" + other.getAddress().getPort() + "/";
        return post(
                IntStream.range(0, calls)
                        .mapToObj(i -> "{\"url\": \"" + url + i + "\", \"arguments\": [{\"n\": " + i + "}]}")
                        .collect(Collectors.joining(", ", "[", "]")),
                headers);
    }

    private String post(String body, String... headers) throws IOException {
        final StringBuilder request = new StringBuilder("POST /test HTTP/1.1\r\nHost: echo\r\nConnection: close\r\n");
        request.append("Content-Length: ").append(body.length()).append("\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        final String[] address = echo.address().split(":");
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(request.append("\r\n").append(body).toString().getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String[] traceparent(int call) {
        final List<String> values = called.get(call).get("Traceparent");
        assertEquals(1, values.size(), values::toString);
        final String[] parts = values.get(0).split("-");
        assertTrue(values.get(0).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"), values::toString);
        return parts;
    }

    private String traceState() {
        final List<String> values = called.get(0).get("Tracestate");
        return values == null ? null : String.join("|", values);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                PARENT + "01",
                PARENT + "03",
                "TraceParent: 00-" + TRACE + "-1234567890123456-01",
                "traceparent: cc-" + TRACE + "-1234567890123456-01-what-the-future-will-be",
                "traceparent:  \t00-" + TRACE + "-1234567890123456-01 \t",
            })
    void continuesATrace(String header) throws IOException {
        assertTrue(post(1, header).startsWith("HTTP/1.1 200 OK"));
        assertEquals(TRACE, traceparent(0)[1]);
        assertNotEquals("1234567890123456", traceparent(0)[2]);
        assertEquals(List.of("[{\"n\": 0}]"), bodies);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x: y",
                "trace-parent: 00-" + TRACE + "-1234567890123456-01",
                "traceparent: 00-" + TRACE + "-1234567890123456-01-more",
                "traceparent: 00-00000000000000000000000000000000-1234567890123456-01",
                "traceparent: 00-" + TRACE + "-0000000000000000-01",
                "traceparent: ff-" + TRACE + "-1234567890123456-01",
                "traceparent: .0-" + TRACE + "-1234567890123456-01",
                "traceparent: 000-" + TRACE + "-1234567890123456-01",
                "traceparent: 0-" + TRACE + "-1234567890123456-01",
                "traceparent: 00-.2345678901234567890123456789012-1234567890123456-01",
                "traceparent: 00-" + TRACE + "3-1234567890123456-01",
                "traceparent: 00-1234567890123456789012345678901-1234567890123456-01",
                "traceparent: 00-" + TRACE + "-123456789012345.-01",
                "traceparent: 00-" + TRACE + "-12345678901234567-01",
                "traceparent: 00-" + TRACE + "-123456789012345-01",
                "traceparent: 00-" + TRACE + "-1234567890123456-.0",
                "traceparent: 00-" + TRACE + "-1234567890123456-001",
                "traceparent: 00-" + TRACE + "-1234567890123456-1",
                PARENT + "01\r\n" + PARENT + "01",
            })
    void startsATrace(String header) throws IOException {
        assertTrue(post(1, header, "tracestate: foo=1").startsWith("HTTP/1.1 200 OK"));
        assertNotEquals(TRACE, traceparent(0)[1]);
        assertNull(traceState());
    }

    @Test
    void usesASpanForEachCall() throws IOException {
        post(3, PARENT + "01");
        assertEquals(3, called.size());
        final HashSet<String> spans = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            assertEquals(TRACE, traceparent(i)[1]);
            spans.add(traceparent(i)[2]);
        }
        assertEquals(3, spans.size());
    }

    @Test
    void keepsTheRandomFlag() throws IOException {
        post(1, PARENT + "02");
        assertEquals(2, Integer.parseInt(traceparent(0)[3], 16) & 2);
    }

    @Test
    void joinsRepeatedTracestateHeaders() throws IOException {
        post(
                1,
                PARENT + "01",
                "tracestate: foo=1",
                "TraceState: bar=2 ,\tfoo@@x=3",
                "tracestate: ",
                "tracestate: 1a-_*/=4");
        assertEquals("foo=1,bar=2,foo@@x=3,1a-_*/=4", traceState());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "foo =1,bar=2",
                "FOO=1",
                "foo.bar=1",
                "@foo=1,bar=2",
                "foo=bar=baz",
                "foo=,bar=3",
                "a=1,a=2,b=3\r\ntracestate: no member"
            })
    void dropsAnInvalidTracestateAndContinuesTheTrace(String state) throws IOException {
        post(1, PARENT + "01", "tracestate: " + state);
        assertEquals(TRACE, traceparent(0)[1]);
        assertNull(traceState());
    }

    @Test
    void keepsAtMost32TracestateMembers() throws IOException {
        final String full =
                IntStream.range(0, 32).mapToObj(i -> "k" + i + "=" + i).collect(Collectors.joining(","));
        post(1, PARENT + "01", "tracestate: " + full);
        assertEquals(full, traceState());
        called.clear();
        post(1, PARENT + "01", "tracestate: " + full, "tracestate: k32=1");
        assertNull(traceState());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[",
                "[{}]",
                "[{\"url\": 1}]",
                "[{\"url\": \"file:///\"}]",
                "[{\"url\": \"http://x\"",
                "[] []",
                "[{\"url\": \"\\u12\"}]",
                "[{\"url\": \"http://h\", \"arguments\": nothing}]",
                "[{\"url\": \"a b\"}]"
            })
    void refusesAnInvalidListOfCalls(String body) throws IOException {
        final String answer = post(body);
        assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
        assertEquals(List.of(), called);
    }

    @Test
    void refusesADeepOrLongList() throws IOException {
        assertTrue(post("[{\"arguments\": " + "[".repeat(100_000)).startsWith("HTTP/1.1 400 "));
        final String call = "{\"url\": \"http://127.0.0.1:1/\"}";
        assertTrue(post("[" + (call + ",").repeat(300) + call + "]").startsWith("HTTP/1.1 400 "));
    }

    @Test
    void answers502IfACalleeIsDown() throws IOException {
        final int port = other.getAddress().getPort();
        other.stop(0);
        final String answer = post("[{\"url\": \"http://127.0.0.1:" + port + "/\"}]");
        assertTrue(answer.startsWith("HTTP/1.1 502 "), answer);
        assertTrue(answer.endsWith("[0]"), answer);
    }

    @Test
    void refusesInvalidOptions() {
        CommandLine.run("echo", "--port=65536").assertExit(Command.USAGE).assertComplains("from 0 to 65535");
        CommandLine.run("echo", "--sink=drain").assertExit(Command.USAGE).assertComplains("discard, console, otlp");
    }
}
