package io.kraken.tracer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spans of the JDK's server, for requests over a socket. */
class TracingFilterTest {

    private static final Route BLOB = Route.of("/blobs/{digest}");
    private static final SpanName WORK = SpanName.of("work");
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final HttpTracing tracing = HttpTracing.of(traced.tracer());
    private LoopbackServer server;

    @AfterEach
    void stop() {
        server.close();
    }

    private void serve(HttpHandler handler) {
        server = new LoopbackServer(new TracingFilter(tracing), handler);
    }

    private String get(String path, String... headers) {
        final List<String> lines = new ArrayList<>(List.of("GET " + path + " HTTP/1.1", "Host: blobs:81"));
        lines.addAll(List.of(headers));
        return server.raw(lines.toArray(new String[0]));
    }

    private String picture(int spans) {
        return server.anonymous(traced.picture(spans));
    }

    @Test
    void requestIsASpanAroundItsHandler() {
        server = new LoopbackServer(new TracingFilter(tracing, exchange -> BLOB), exchange -> {
            traced.tracer().start(WORK).end();
            LoopbackServer.answer(exchange, 200);
        });
        get("/blobs/17?part=1&sig=abc", "User-Agent: curl");
        assertEquals("""
                GET /blobs/{digest} SERVER
                  .http.request.method = "GET"
                  .http.route = "/blobs/{digest}"
                  .url.scheme = "http"
                  .url.path = "/blobs/17"
                  .url.query = "part=1&sig=REDACTED"
                  .network.protocol.version = "1.1"
                  .server.address = "blobs"
                  .server.port = 81
                  .client.address = "127.0.0.1"
                  .user_agent.original = "curl"
                  .http.response.status_code = 200
                  work INTERNAL
                """, picture(2));
    }

    @Test
    void briefSpanHasOnlyRequiredAttributes() {
        server = new LoopbackServer(new TracingFilter(tracing.brief(), exchange -> BLOB), LoopbackServer.status(200));
        get("/blobs/17?part=1", "User-Agent: curl");
        assertEquals("""
                GET /blobs/{digest} SERVER
                  .http.request.method = "GET"
                  .http.route = "/blobs/{digest}"
                  .url.scheme = "http"
                  .url.path = "/blobs/17"
                  .url.query = "part=1"
                  .http.response.status_code = 200
                """, picture(1));
    }

    @Test
    void spanContinuesTheTraceOfTheHeaders() {
        final List<String> seen = new ArrayList<>();
        serve(exchange -> {
            seen.add(traced.tracer().current().traceId());
            seen.add(traced.tracer().current().traceState());
            seen.add(traced.tracer().current().baggage("user"));
            LoopbackServer.answer(exchange, 204);
        });
        get("/", "TraceParent: " + PARENT, "tracestate: a=1", "Tracestate: b=2", "baggage: user=me");
        traced.picture(1);
        assertEquals(List.of("0af7651916cd43dd8448eb211c80319c", "a=1,b=2", "me"), seen);
    }

    @Test
    void twoTraceparentsBeginANewTrace() {
        final List<String> seen = new ArrayList<>();
        serve(exchange -> {
            seen.add(traced.tracer().current().traceId());
            LoopbackServer.answer(exchange, 204);
        });
        get("/", "traceparent: " + PARENT, "traceparent: " + PARENT);
        traced.picture(1);
        assertFalse(seen.get(0).startsWith("0af7"), seen::toString);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 302, 400, 404, 499})
    void clientErrorIsNoErrorOfTheServer(int status) {
        serve(LoopbackServer.status(status));
        get("/");
        final String picture = picture(1);
        assertTrue(picture.contains(".http.response.status_code = " + status + "\n"), picture);
        assertFalse(picture.contains("!") || picture.contains("error.type"), picture);
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 503, 599})
    void serverErrorIsAnError(int status) {
        serve(LoopbackServer.status(status));
        get("/");
        final String picture = picture(1);
        assertTrue(picture.contains(".error.type = \"" + status + "\"\n"), picture);
        assertTrue(picture.endsWith("! ERROR\n"), picture);
    }

    @Test
    void recordsExceptionOfTheHandler() {
        serve(exchange -> {
            throw new IllegalStateException("no disk");
        });
        assertEquals("", get("/"));
        final String picture = picture(1);
        assertTrue(picture.contains(".error.type = \"java.lang.IllegalStateException\"\n"), picture);
        assertTrue(picture.contains(", exception.message=\"no disk\"} thrown"), picture);
        assertTrue(picture.endsWith("! ERROR\n"), picture);
        assertFalse(picture.contains("status_code"), picture);
    }

    @Test
    void keepsErrorDescriptionOfTheHandler() {
        serve(exchange -> {
            traced.tracer().current().error("no disk");
            LoopbackServer.answer(exchange, 500);
        });
        get("/");
        assertTrue(picture(1).endsWith("! ERROR \"no disk\"\n"), () -> picture(1));
    }

    @Test
    void unknownMethodIsNotPartOfTheName() {
        serve(LoopbackServer.status(200));
        server.raw("BREW /pot/17 HTTP/1.1", "Host: x");
        final String picture = picture(1);
        assertTrue(picture.startsWith("HTTP SERVER\n"), picture);
        assertTrue(picture.contains(".http.request.method = \"_OTHER\"\n"), picture);
        assertTrue(picture.contains(".http.request.method_original = \"BREW\"\n"), picture);
    }

    @Test
    void handlerMaySetTheRoute() {
        serve(exchange -> {
            BLOB.name(traced.tracer().current(), exchange.getRequestMethod());
            LoopbackServer.answer(exchange, 200);
        });
        get("/blobs/17");
        final String picture = picture(1);
        assertTrue(picture.startsWith("GET /blobs/{digest} SERVER\n"), picture);
        assertTrue(picture.contains(".http.route = \"/blobs/{digest}\"\n"), picture);
    }

    @Test
    void spanWithoutRouteIsNamedByItsMethod() {
        server = new LoopbackServer(
                new TracingFilter(tracing, exchange -> {
                    throw new IllegalStateException("lost");
                }),
                LoopbackServer.status(200));
        assertTrue(get("/blobs/17").startsWith("HTTP/1.1 200"), "does not depend on the request");
        server.close();
        serve(LoopbackServer.status(200));
        get("/blobs/17");
        assertEquals(3, picture(2).split("GET SERVER\n", -1).length, () -> picture(2));
    }

    @Test
    void routeMayHaveItsOwnName() {
        final Route named = BLOB.named(SpanName.of("agent.download_blob"));
        server = new LoopbackServer(new TracingFilter(tracing, exchange -> named), LoopbackServer.status(200));
        get("/blobs/17");
        final String picture = picture(1);
        assertTrue(picture.startsWith("agent.download_blob SERVER\n"), picture);
        assertTrue(picture.contains(".http.route = \"/blobs/{digest}\"\n"), picture);
    }

    @Test
    void excludedPathsHaveNoSpans() {
        final List<Span> current = new ArrayList<>();
        server = new LoopbackServer(new TracingFilter(tracing.without("/health", "/namespace/*/blobs/*")), exchange -> {
            current.add(traced.tracer().current());
            LoopbackServer.answer(exchange, 200);
        });
        get("/health/live", "traceparent: " + PARENT);
        get("/namespace/a%2Fb/blobs/17", "traceparent: " + PARENT);
        get("/healthy", "traceparent: " + PARENT);
        traced.picture(1);
        assertEquals(List.of(Span.NOOP, Span.NOOP), current.subList(0, 2));
        assertEquals(1, traced.tracer().ledger().started());
    }

    @Test
    void queriesMayBeOmitted() {
        server = new LoopbackServer(new TracingFilter(tracing.queries(false)), LoopbackServer.status(200));
        get("/?who=me");
        assertFalse(picture(1).contains("who"), () -> picture(1));
    }

    @Test
    void hostileRequestsAreHarmless() {
        serve(LoopbackServer.status(200));
        for (String host :
                new String[] {"[", "[::1", "[::1]:99999", "a b", ":::", "x:1:2", "x".repeat(5_000), "\u00ff:1"}) {
            final String answer = server.raw(
                    "GET /" + "a/".repeat(1_000) + "?" + "sig&=%=%zz&".repeat(100) + " HTTP/1.1",
                    "Host: " + host,
                    "User-Agent: " + "\u00e9".repeat(9_000),
                    "traceparent: " + "0".repeat(9_000),
                    "tracestate: " + "a=1,".repeat(3_000),
                    "baggage: " + "%".repeat(9_000));
            assertFalse(answer.startsWith("HTTP/1.1 5"), answer);
        }
        assertTrue(server.raw("OPTIONS * HTTP/1.0").startsWith("HTTP/1.1 "));
        assertTrue(get("/").startsWith("HTTP/1.1 200"), "the server keeps running");
        assertFalse(traced.picture().contains("server.address = \"x"), traced::picture);
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void clientAddressComesFromTheProxyHeader() {
        server = new LoopbackServer(
                new TracingFilter(tracing.behindProxy("x-forwarded-for")), LoopbackServer.status(200));
        get("/", "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6", "x-forwarded-for: 6.6.6.6, 192.0.2.60");
        final String picture = picture(1);
        assertTrue(picture.contains("""
                .client.address = "192.0.2.60"
                  .network.peer.address = "127.0.0.1"
                """), picture);
    }

    @Test
    void proxyHeadersAreIgnoredWithoutAProxy() {
        serve(LoopbackServer.status(200));
        get("/", "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6");
        assertTrue(picture(1).contains(".client.address = \"127.0.0.1\"\n"), () -> picture(1));
        assertFalse(picture(1).contains("network.peer"), () -> picture(1));
    }

    @Test
    void disabledTracerDoesNothing() {
        server = new LoopbackServer(new TracingFilter(HttpTracing.of(Tracer.disabled())), LoopbackServer.status(200));
        assertTrue(get("/").startsWith("HTTP/1.1 200"));
    }
}
