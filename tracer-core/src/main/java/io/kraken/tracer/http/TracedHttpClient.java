package io.kraken.tracer.http;

import io.kraken.tracer.Span;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * An HTTP client whose requests have spans, below the current one of the sending thread, and carry their context. A
 * span ends with the response as the body handler returns it, or with the exception thrown instead; one span for a
 * request, however often it is redirected. Cancelling a future cancels the request, as with the wrapped client.
 *
 * <p>Requests are immutable, so each is copied to add the headers: the copy, the strings of the headers, and the future
 * of an asynchronous response are all that is allocated.
 */
public final class TracedHttpClient extends HttpClient {

    private final HttpClient client;
    private final HttpClientSpans spans;

    /** Spans are named by the method. */
    public TracedHttpClient(HttpTracing tracing, HttpClient client) {
        this(tracing, client, null);
    }

    /** @param routes returns the route of a request; null if unknown */
    public TracedHttpClient(HttpTracing tracing, HttpClient client, Function<? super HttpRequest, Route> routes) {
        this.client = client;
        this.spans = new HttpClientSpans(tracing, routes);
    }

    @Override
    public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
            throws IOException, InterruptedException {
        if (spans.isSilent(request)) {
            return client.send(request, handler);
        }
        try (Span span = spans.begin(request, false)) {
            return sendIn(span, request, handler);
        }
    }

    /**
     * Sends a request in a span of the caller, which has a name and possibly attributes, and which the caller must end.
     */
    public <T> HttpResponse<T> send(Span span, HttpRequest request, BodyHandler<T> handler)
            throws IOException, InterruptedException {
        spans.describe(span, request);
        return sendIn(span, request, handler);
    }

    private <T> HttpResponse<T> sendIn(Span span, HttpRequest request, BodyHandler<T> handler)
            throws IOException, InterruptedException {
        try {
            final HttpResponse<T> response = client.send(spans.carrying(span, request), handler);
            spans.finish(span, response, null);
            return response;
        } catch (Throwable e) {
            spans.finish(span, null, e);
            throw e;
        }
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, BodyHandler<T> handler) {
        return sendAsync(request, handler, null);
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(
            HttpRequest request, BodyHandler<T> handler, PushPromiseHandler<T> pushes) {
        if (spans.isSilent(request)) {
            return client.sendAsync(request, handler, pushes);
        }
        final Span span = spans.begin(request, true);
        try {
            return TracedCall.of(client.sendAsync(spans.carrying(span, request), handler, pushes), span, spans);
        } catch (Throwable e) {
            spans.finish(span, null, e);
            span.end();
            throw e;
        }
    }

    // --- delegated to the client

    @Override
    public Optional<CookieHandler> cookieHandler() {
        return client.cookieHandler();
    }

    @Override
    public Optional<Duration> connectTimeout() {
        return client.connectTimeout();
    }

    @Override
    public Redirect followRedirects() {
        return client.followRedirects();
    }

    @Override
    public Optional<ProxySelector> proxy() {
        return client.proxy();
    }

    @Override
    public SSLContext sslContext() {
        return client.sslContext();
    }

    @Override
    public SSLParameters sslParameters() {
        return client.sslParameters();
    }

    @Override
    public Optional<Authenticator> authenticator() {
        return client.authenticator();
    }

    @Override
    public Version version() {
        return client.version();
    }

    @Override
    public Optional<Executor> executor() {
        return client.executor();
    }

    @Override
    public WebSocket.Builder newWebSocketBuilder() {
        return client.newWebSocketBuilder();
    }

    // --- delegated, too: methods added in Java 21, which can't be overridden when compiling for 17

    public void shutdown() {
        ClientEnd.shutdown(client);
    }

    public boolean awaitTermination(Duration duration) throws InterruptedException {
        return ClientEnd.awaitTermination(client, duration);
    }

    public boolean isTerminated() {
        return ClientEnd.isTerminated(client);
    }

    public void shutdownNow() {
        ClientEnd.shutdownNow(client);
    }

    public void close() {
        ClientEnd.close(client);
    }
}
