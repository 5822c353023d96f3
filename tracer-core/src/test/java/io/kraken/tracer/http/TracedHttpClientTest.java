package io.kraken.tracer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpHandler;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.TracerFixture;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spans of the JDK's client, for requests over a socket. */
class TracedHttpClientTest {

    private static final SpanName OUTER = SpanName.of("outer");
    private static final SpanName ANNOUNCE = SpanName.of("announce.request");
    private static final Duration SHORT = Duration.ofMillis(50);

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final HttpTracing tracing = HttpTracing.of(traced.tracer());
    private final HttpClient plain =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final TracedHttpClient client = new TracedHttpClient(tracing, plain);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch arrived = new CountDownLatch(1);
    private LoopbackServer server;

    @AfterEach
    void stop() {
        release.countDown();
        server.close();
    }

    /** Its spans are not checked here. */
    private void serve(HttpHandler handler) {
        server = new LoopbackServer(new TracingFilter(tracing.without("/")), handler);
    }

    /** Does not respond before the test is over. */
    private void keepWaiting() {
        serve(exchange -> {
            arrived.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
    }

    private String picture(int spans) {
        return server.anonymous(traced.picture(spans));
    }

    private static String thrown(Class<?> type) {
        return ".error.type = \"" + type.getName() + "\"\n";
    }

    @Test
    void briefSpanOmitsTheVersion() throws Exception {
        serve(LoopbackServer.status(200));
        new TracedHttpClient(tracing.brief(), plain)
                .send(server.request("/blobs/17").build(), BodyHandlers.discarding());
        assertEquals("""
                GET CLIENT
                  .http.request.method = "GET"
                  .server.address = "127.0.0.1"
                  .server.port = PORT
                  .url.full = "http://127.0.0.1:PORT/blobs/17"
                  .http.response.status_code = 200
                """, picture(1));
    }

    @Test
    void callIsAChildOfTheCurrentSpanAndParentOfTheServers() throws Exception {
        server = new LoopbackServer(new TracingFilter(tracing), LoopbackServer.status(200));
        try (Span outer = traced.tracer().start(OUTER)) {
            client.send(server.request("/blobs/17?a=1").build(), BodyHandlers.discarding());
            assertEquals(outer, traced.tracer().current());
        }
        assertEquals("""
                outer INTERNAL
                  GET CLIENT
                    .http.request.method = "GET"
                    .server.address = "127.0.0.1"
                    .server.port = PORT
                    .url.full = "http://127.0.0.1:PORT/blobs/17?a=1"
                    .network.protocol.version = "1.1"
                    .http.response.status_code = 200
                    GET SERVER flags=303
                      .http.request.method = "GET"
                      .url.scheme = "http"
                      .url.path = "/blobs/17"
                      .url.query = "a=1"
                      .network.protocol.version = "1.1"
                      .server.address = "127.0.0.1"
                      .server.port = PORT
                      .client.address = "127.0.0.1"
                      .user_agent.original = "test"
                      .http.response.status_code = 200
                """, picture(3));
    }

    @Test
    void asynchronousCallIsASpan() {
        server = new LoopbackServer(
                new TracingFilter(tracing, exchange -> Route.of("/{id}")), LoopbackServer.status(204));
        final TracedHttpClient routed = new TracedHttpClient(tracing, plain, request -> Route.of("/{id}"));
        final CompletableFuture<Long> ended;
        try (Span outer = traced.tracer().start(OUTER)) {
            outer.ok();
            ended = routed.sendAsync(server.request("/17").build(), BodyHandlers.discarding())
                    .thenApply(response -> traced.sink.accepted());
        }
        assertTrue(ended.join() >= 1, "the span ends before the response is delivered");
        final String picture = picture(3);
        assertTrue(picture.startsWith("outer INTERNAL\n  ! OK\n  GET /{id} CLIENT\n"), picture);
        assertTrue(picture.contains("\n    GET /{id} SERVER flags=303\n"), picture);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 304, 399})
    void successfulResponseIsNoError(int status) throws Exception {
        serve(LoopbackServer.status(status));
        client.send(server.request("/").build(), BodyHandlers.discarding());
        assertFalse(picture(1).contains("!"), () -> picture(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 500, 503})
    void clientErrorResponseIsAnError(int status) throws Exception {
        serve(LoopbackServer.status(status));
        client.send(server.request("/").build(), BodyHandlers.discarding());
        client.sendAsync(server.request("/").build(), BodyHandlers.discarding()).join();
        final String one =
                ".http.response.status_code = " + status + "\n  .error.type = \"" + status + "\"\n  ! ERROR\n";
        assertEquals(3, picture(2).split(Pattern.quote(one), -1).length, () -> picture(2));
    }

    @Test
    void unreachableServerIsAnError() {
        serve(LoopbackServer.status(200));
        final HttpRequest request = server.request("/").build();
        server.close();
        assertThrows(ConnectException.class, () -> client.send(request, BodyHandlers.discarding()));
        final Exception e = assertThrows(
                ExecutionException.class,
                () -> client.sendAsync(request, BodyHandlers.discarding()).get());
        assertEquals(ConnectException.class, e.getCause().getClass());
        final String picture = picture(2);
        assertEquals(3, picture.split(thrown(ConnectException.class), -1).length, picture);
        assertTrue(picture.contains("* exception {exception.type=\"java.net.ConnectException\""), picture);
        assertTrue(picture.endsWith("! ERROR\n"), picture);
    }

    @Test
    void timeOutIsAnError() {
        keepWaiting();
        final HttpRequest request = server.request("/").timeout(SHORT).build();
        assertThrows(HttpTimeoutException.class, () -> client.send(request, BodyHandlers.discarding()));
        assertThrows(
                ExecutionException.class,
                () -> client.sendAsync(request, BodyHandlers.discarding()).get());
        // on a slow machine the time-out may come before there is a connection
        final String picture = picture(2).replace("HttpConnectTimeout", "HttpTimeout");
        assertEquals(3, picture.split(thrown(HttpTimeoutException.class), -1).length, picture);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cancellingTheFutureCancelsTheCall(boolean itself) throws Exception {
        keepWaiting();
        final CompletableFuture<HttpResponse<Void>> response =
                client.sendAsync(server.request("/").build(), BodyHandlers.discarding());
        final CompletableFuture<Integer> derived = response.thenApply(HttpResponse::statusCode);
        assertTrue(arrived.await(20, TimeUnit.SECONDS));
        assertTrue((itself ? response : derived).cancel(true));
        assertTrue(response.isCancelled());
        // The thread that has ended the call completes the futures that depend on it.
        assertThrows(Exception.class, () -> derived.get(20, TimeUnit.SECONDS));
        assertTrue(derived.isCompletedExceptionally());
        final String picture = picture(1);
        assertTrue(picture.contains(thrown(CancellationException.class)), picture);
        assertTrue(picture.endsWith("! ERROR\n"), picture);
    }

    @Test
    void interruptionIsRecorded() throws Exception {
        keepWaiting();
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread caller = new Thread(() -> {
            try {
                client.send(server.request("/").build(), BodyHandlers.discarding());
            } catch (IOException | InterruptedException e) {
                thrown.set(e);
            }
        });
        caller.start();
        assertTrue(arrived.await(20, TimeUnit.SECONDS));
        caller.interrupt();
        caller.join();
        assertEquals(InterruptedException.class, thrown.get().getClass());
        assertTrue(picture(1).contains(thrown(InterruptedException.class)), () -> picture(1));
    }

    @Test
    void callersSpanIsNotEnded() throws Exception {
        serve(LoopbackServer.status(200));
        try (Span span = traced.tracer().start(ANNOUNCE, SpanKind.CLIENT)) {
            span.set("complete", true);
            client.send(span, server.request("/announce/17").build(), BodyHandlers.discarding());
            assertTrue(span.isRecording());
            span.set("peers", 3);
        }
        final String picture = picture(1);
        assertTrue(picture.startsWith("announce.request CLIENT\n  .complete = true\n"), picture);
        assertTrue(picture.contains(".http.response.status_code = 200\n"), picture);
        assertTrue(picture.endsWith(".peers = 3\n"), picture);
    }

    @Test
    void requestKeepsEverythingButOtherTracesHeaders() throws Exception {
        final List<String> seen = new ArrayList<>();
        serve(exchange -> {
            seen.add(exchange.getRequestMethod());
            seen.add(exchange.getRequestHeaders().get("X-two").toString());
            seen.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            seen.add(exchange.getRequestHeaders().get("Traceparent").size() + " traceparent");
            seen.add(exchange.getRequestHeaders().containsKey("Tracestate") + ", "
                    + exchange.getRequestHeaders().containsKey("B3"));
            LoopbackServer.answer(exchange, 200);
        });
        client.send(
                server.request("/")
                        .header("x-two", "1")
                        .header("x-two", "2")
                        .header("traceparent", "of somebody else")
                        .header("tracestate", "his=1")
                        .header("b3", "no format of ours")
                        .PUT(HttpRequest.BodyPublishers.ofString("body"))
                        .build(),
                BodyHandlers.discarding());
        assertEquals(List.of("PUT", "[1, 2]", "body", "1 traceparent", "false, true"), seen);
        traced.picture(1);
    }

    @Test
    void excludedPathsAreNotTraced() throws Exception {
        final List<Boolean> present = new ArrayList<>();
        serve(exchange -> {
            present.add(exchange.getRequestHeaders().containsKey("Traceparent"));
            LoopbackServer.answer(exchange, 200);
        });
        final HttpClient silent = new TracedHttpClient(tracing.without("/health"), plain);
        silent.send(server.request("/health").build(), BodyHandlers.discarding());
        silent.sendAsync(server.request("/health").build(), BodyHandlers.discarding())
                .join();
        assertEquals(List.of(false, false), present);
        assertEquals(0, traced.tracer().ledger().started());
    }

    @Test
    void invalidRequestThrowsAsWithoutTracing() {
        serve(LoopbackServer.status(200));
        final HttpRequest request = server.request("/").build();
        assertThrows(NullPointerException.class, () -> client.send(request, null));
        assertThrows(NullPointerException.class, () -> client.sendAsync(request, null));
        assertTrue(picture(2).endsWith("! ERROR\n"), () -> picture(2));
    }

    @Test
    void delegatesEverythingElse() {
        serve(LoopbackServer.status(200));
        final HttpClient some = HttpClient.newBuilder()
                .connectTimeout(SHORT)
                .executor(Runnable::run)
                .followRedirects(HttpClient.Redirect.ALWAYS)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        final HttpClient same = new TracedHttpClient(tracing, some);
        assertEquals(some.connectTimeout(), same.connectTimeout());
        assertEquals(some.executor(), same.executor());
        assertEquals(some.followRedirects(), same.followRedirects());
        assertEquals(some.version(), same.version());
        assertEquals(some.proxy(), same.proxy());
        assertEquals(some.authenticator(), same.authenticator());
        assertEquals(some.cookieHandler(), same.cookieHandler());
        assertEquals(some.sslContext(), same.sslContext());
        assertEquals(
                some.sslParameters().getProtocols().length, same.sslParameters().getProtocols().length);
    }

    @Test
    void closeClosesTheClient() throws Exception {
        serve(LoopbackServer.status(200));
        assumeTrue(Runtime.version().feature() >= 21, "clients can't be closed before");
        client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port()))
                        .build(),
                BodyHandlers.discarding());
        assertFalse(client.isTerminated());
        client.shutdown();
        assertTrue(client.awaitTermination(Duration.ofSeconds(20)));
        assertTrue(client.isTerminated());
        client.shutdownNow();
        client.close();
        traced.picture(1);
    }
}
