package io.kraken.tracer.http;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import io.kraken.tracer.Span;
import io.kraken.tracer.propagation.HeaderGetter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Function;

/**
 * A filter that creates server spans for the JDK's HTTP server; add it to the filters of a context. The span is current
 * while the handler runs, and ends when the handler returns; a response sent later by another thread is not part of it.
 *
 * <p>The filter itself allocates nothing; the server allocates the peer's address, and iterators over the headers where
 * the JIT does not remove them.
 */
public final class TracingFilter extends Filter {

    private final HttpServerSpans<HttpExchange> spans;

    /** Spans are named by the method until a handler sets a route, see {@link Route#name}. */
    public TracingFilter(HttpTracing tracing) {
        this(tracing, null);
    }

    /** @param routes returns the route of a request; null if unknown */
    public TracingFilter(HttpTracing tracing, Function<? super HttpExchange, Route> routes) {
        spans = new HttpServerSpans<>(tracing, new Reader(), routes);
    }

    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
        final Span span = spans.begin(exchange, false);
        if (span == Span.NOOP) {
            chain.doFilter(exchange);
            return;
        }
        Throwable thrown = null;
        try {
            chain.doFilter(exchange);
        } catch (Throwable e) {
            thrown = e;
            throw e;
        } finally {
            HttpKeys.finish(span, exchange.getResponseCode(), HttpKeys.SERVER_ERROR, thrown);
            span.end();
        }
    }

    @Override
    public String description() {
        return "traces requests";
    }

    private static final class Reader implements RequestReader<HttpExchange> {

        private static final Cached<InetAddress, String> PEERS = new Cached<>(InetAddress::getHostAddress);

        @Override
        public String method(HttpExchange request) {
            return request.getRequestMethod();
        }

        @Override
        public String path(HttpExchange request) {
            return request.getRequestURI().getRawPath();
        }

        @Override
        public String query(HttpExchange request) {
            return request.getRequestURI().getRawQuery();
        }

        @Override
        public String scheme(HttpExchange request) {
            return request instanceof HttpsExchange ? "https" : "http";
        }

        @Override
        public String protocol(HttpExchange request) {
            return request.getProtocol();
        }

        @Override
        public String peer(HttpExchange request) {
            final InetSocketAddress peer = request.getRemoteAddress();
            return peer == null || peer.getAddress() == null ? null : PEERS.of(peer.getAddress());
        }

        @Override
        public String host(HttpExchange request) {
            return first(request, "Host");
        }

        @Override
        public String userAgent(HttpExchange request) {
            return first(request, "User-agent");
        }

        @Override
        public String last(HttpExchange request, String name) {
            final List<String> all = ExchangeHeaders.all(request.getRequestHeaders(), name);
            return all.isEmpty() ? null : all.get(all.size() - 1);
        }

        private static String first(HttpExchange request, String name) {
            final List<String> all = ExchangeHeaders.all(request.getRequestHeaders(), name);
            return all.isEmpty() ? null : all.get(0);
        }

        @Override
        public HeaderGetter<HttpExchange> headers() {
            return ExchangeHeaders.REQUEST;
        }
    }
}
