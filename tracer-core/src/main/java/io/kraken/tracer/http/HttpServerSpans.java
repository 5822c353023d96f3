package io.kraken.tracer.http;

import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import java.util.function.Function;

/** Creates and describes the spans of requests received by a server of any kind. Never throws. Thread-safe. */
final class HttpServerSpans<R> {

    private static final String HTTP = "HTTP/";

    private final HttpTracing tracing;
    private final RequestReader<R> reader;
    private final Function<? super R, Route> routes;

    /** @param routes returns the route of a request, null if unknown; may itself be null */
    HttpServerSpans(HttpTracing tracing, RequestReader<R> reader, Function<? super R, Route> routes) {
        this.tracing = tracing;
        this.reader = reader;
        this.routes = routes;
    }

    /** {@link Span#NOOP} for an excluded request, of which only the path is read. */
    Span begin(R request, boolean detached) {
        Span span = Span.NOOP;
        try {
            if (tracing.tracer.isPropagating()) {
                final String path = reader.path(request);
                if (!tracing.silent.matches(path)) {
                    final Method method = Method.of(reader.method(request));
                    final Route route = Route.of(routes, request);
                    span = start(request, path, Route.name(route, method), detached);
                    describe(span, request, method, route, path);
                }
            }
        } catch (RuntimeException e) {
            HttpTracing.failed(e);
        }
        return span;
    }

    private Span start(R request, String path, SpanName name, boolean detached) {
        final Incoming incoming = Incoming.take();
        try {
            final RemoteContext caller = tracing.tracer
                    .propagation()
                    .extract(request, reader.headers(), incoming.context)
                    .path(path);
            return detached
                    ? tracing.tracer.startDetached(name, SpanKind.SERVER, caller)
                    : tracing.tracer.start(name, SpanKind.SERVER, caller);
        } finally {
            incoming.held = false;
        }
    }

    private void describe(Span span, R request, Method method, Route route, String path) {
        if (!span.isRecording()) {
            return;
        }
        method.set(span, reader.method(request));
        if (route != null) {
            route.set(span);
        }
        final String scheme = reader.scheme(request);
        set(span, HttpKeys.SCHEME, scheme);
        set(span, HttpKeys.PATH, path);
        final String query = tracing.queries ? reader.query(request) : null;
        if (query != null) {
            span.set(HttpKeys.QUERY, Urls.query(query));
        }
        if (!tracing.brief) {
            recommended(span, request, scheme);
        }
    }

    private void recommended(Span span, R request, String scheme) {
        set(span, HttpKeys.PROTOCOL_VERSION, version(reader.protocol(request)));
        Authority.of(reader.host(request)).set(span, scheme);
        final String peer = reader.peer(request);
        if (tracing.proxy == null) {
            set(span, HttpKeys.CLIENT_ADDRESS, peer);
        } else {
            final String header = reader.last(request, tracing.proxy.header());
            set(span, HttpKeys.CLIENT_ADDRESS, tracing.proxy.client(header, peer));
            set(span, HttpKeys.PEER_ADDRESS, peer);
        }
        set(span, HttpKeys.USER_AGENT, reader.userAgent(request));
    }

    private static void set(Span span, StringKey key, String value) {
        if (value != null) {
            span.set(key, value);
        }
    }

    /** One of the known versions, else null. */
    private static String version(String protocol) {
        return switch (protocol == null || !protocol.startsWith(HTTP) ? "" : protocol) {
            case "HTTP/1.0" -> "1.0";
            case "HTTP/1.1" -> "1.1";
            case "HTTP/2", "HTTP/2.0" -> "2";
            case "HTTP/3", "HTTP/3.0" -> "3";
            default -> null;
        };
    }
}
