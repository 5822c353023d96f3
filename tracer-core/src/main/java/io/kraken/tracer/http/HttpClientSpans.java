package io.kraken.tracer.http;

import io.kraken.tracer.Propagation;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.TraceContext;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletionException;
import java.util.function.BiPredicate;
import java.util.function.Function;

/** Creates and completes the spans of requests sent by the JDK's client. Never throws. Thread-safe. */
final class HttpClientSpans {

    private static final BiPredicate<String, String> ALL = (name, value) -> true;

    private final HttpTracing tracing;
    private final Function<? super HttpRequest, Route> routes;
    /** Headers that propagate no trace. */
    private final BiPredicate<String, String> others;

    HttpClientSpans(HttpTracing tracing, Function<? super HttpRequest, Route> routes) {
        this.tracing = tracing;
        this.routes = routes;
        final Propagation propagation = tracing.tracer.propagation();
        others = (name, value) -> !propagation.owns(name);
    }

    boolean isSilent(HttpRequest request) {
        return !tracing.tracer.isPropagating()
                || tracing.silent.matches(request.uri().getRawPath());
    }

    Span begin(HttpRequest request, boolean detached) {
        Span span = Span.NOOP;
        try {
            final Route route = Route.of(routes, request);
            final SpanName name = Route.name(route, Method.of(request.method()));
            span = detached
                    ? tracing.tracer.startDetached(name, SpanKind.CLIENT)
                    : tracing.tracer.start(name, SpanKind.CLIENT);
            describe(span, request);
        } catch (RuntimeException e) {
            HttpTracing.failed(e);
        }
        return span;
    }

    void describe(Span span, HttpRequest request) {
        if (!span.isRecording()) {
            return;
        }
        final URI uri = request.uri();
        Method.of(request.method()).set(span, request.method());
        if (uri.getHost() != null) {
            span.set(HttpKeys.SERVER_ADDRESS, uri.getHost());
            span.set(HttpKeys.SERVER_PORT, Authority.port(uri.getScheme(), uri.getPort()));
        }
        span.set(HttpKeys.URL, Urls.full(uri, tracing.queries));
    }

    /** The request with the span's context in its headers; if there is no span, with that of the current one. */
    HttpRequest carrying(Span span, HttpRequest request) {
        final TraceContext context = span == Span.NOOP ? tracing.tracer.currentContext() : span;
        if (context == null) {
            return request;
        }
        try {
            final HttpRequest.Builder copy = HttpRequest.newBuilder(request, context.isValid() ? others : ALL);
            tracing.tracer.propagation().inject(context, copy, ClientHeaders.SETTER);
            return copy.build();
        } catch (RuntimeException e) {
            HttpTracing.failed(e); // a foreign implementation of a request, with headers that the JDK rejects
            return request;
        }
    }

    /** @param response null if an exception was thrown instead */
    void finish(Span span, HttpResponse<?> response, Throwable thrown) {
        if (!tracing.brief && response != null && response.version() != null) {
            span.set(HttpKeys.PROTOCOL_VERSION, response.version() == HttpClient.Version.HTTP_1_1 ? "1.1" : "2");
        }
        final boolean wrapped = thrown instanceof CompletionException && thrown.getCause() != null;
        final int code = response == null ? 0 : response.statusCode();
        HttpKeys.finish(span, code, HttpKeys.BAD_REQUEST, wrapped ? thrown.getCause() : thrown);
    }
}
