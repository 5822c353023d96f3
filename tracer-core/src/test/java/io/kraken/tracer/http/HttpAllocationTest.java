package io.kraken.tracer.http;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import io.kraken.tracer.Garbage;
import io.kraken.tracer.TracerFixture;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A request to the JDK's server costs no byte of garbage, from its headers to the end of its span. */
class HttpAllocationTest {

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final HttpTracing tracing = HttpTracing.of(traced.tracer());

    @Test
    void ofARequest() {
        final Route route = Route.of("/blobs/{digest}");
        assertNone(new TracingFilter(tracing, exchange -> route), new Exchange("/blobs/17?size=1&range=0-99", 200));
    }

    @Test
    void ofARequestThatFails() {
        assertNone(new TracingFilter(tracing), new Exchange("/", 503));
    }

    @Test
    void ofARequestWithoutASpan() {
        assertNone(new TracingFilter(tracing.without("/health", "/a/*/b")), new Exchange("/a/17/b", 200));
    }

    private void assertNone(TracingFilter filter, Exchange exchange) {
        traced.sink.keeping(false);
        final Filter.Chain chain = new Filter.Chain(List.of(), ignored -> {});
        Garbage.assertNone(() -> {
            try {
                filter.doFilter(exchange, chain);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** What a server knows of a request, without a server. */
    private static final class Exchange extends HttpExchange {

        private final Headers headers = new Headers();
        private final InetSocketAddress peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        private final URI uri;
        private final int status;

        Exchange(String uri, int status) {
            this.uri = URI.create(uri);
            this.status = status;
            headers.add("Host", "blobs:81");
            headers.add("User-Agent", "test");
            headers.add("Accept", "*/*");
            headers.add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
            headers.add("tracestate", "a=1");
            headers.add("tracestate", "b=2");
            headers.add("baggage", "user=me");
        }

        @Override
        public Headers getRequestHeaders() {
            return headers;
        }

        @Override
        public Headers getResponseHeaders() {
            return headers;
        }

        @Override
        public URI getRequestURI() {
            return uri;
        }

        @Override
        public String getRequestMethod() {
            return "GET";
        }

        @Override
        public HttpContext getHttpContext() {
            return null;
        }

        @Override
        public void close() {}

        @Override
        public InputStream getRequestBody() {
            return InputStream.nullInputStream();
        }

        @Override
        public OutputStream getResponseBody() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public void sendResponseHeaders(int code, long length) {}

        @Override
        public InetSocketAddress getRemoteAddress() {
            return peer;
        }

        @Override
        public int getResponseCode() {
            return status;
        }

        @Override
        public InetSocketAddress getLocalAddress() {
            return peer;
        }

        @Override
        public String getProtocol() {
            return "HTTP/1.1";
        }

        @Override
        public Object getAttribute(String name) {
            return null;
        }

        @Override
        public void setAttribute(String name, Object value) {}

        @Override
        public void setStreams(InputStream in, OutputStream out) {}

        @Override
        public HttpPrincipal getPrincipal() {
            return null;
        }
    }
}
