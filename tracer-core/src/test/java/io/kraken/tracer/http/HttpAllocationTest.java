package io.kraken.tracer.http;

import io.kraken.tracer.Garbage;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracerFixture;
import io.kraken.tracer.propagation.HeaderGetter;
import java.net.URI;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Tracing a request allocates nothing, from its headers to the end of its span. Allocations of servers for their
 * request objects are excluded by requests that allocate nothing.
 */
class HttpAllocationTest {

    private static final Route ROUTE = Route.of("/blobs/{digest}");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final HttpTracing tracing = HttpTracing.of(traced.tracer());

    @Test
    void ofARequest() {
        assertNone(tracing, request -> ROUTE, new Request("/blobs/17", "size=1&range=0-99"), 200);
    }

    @Test
    void ofARequestThatFails() {
        assertNone(tracing, null, new Request("/", null), 503);
    }

    @Test
    void ofARequestThroughAProxy() {
        assertNone(tracing.behindProxy("Forwarded"), null, new Request("/", null), 200);
    }

    @Test
    void ofARequestWithoutASpan() {
        assertNone(tracing.without("/health", "/a/*/b"), null, new Request("/a/17/b", null), 200);
    }

    private void assertNone(HttpTracing how, Function<Request, Route> routes, Request request, int status) {
        traced.sink.keeping(false);
        final HttpServerSpans<Request> spans = new HttpServerSpans<>(how, new Reader(), routes);
        Garbage.assertNone(() -> {
            final Span span = spans.begin(request, false);
            if (span != Span.NOOP) {
                HttpKeys.finish(span, status, HttpKeys.SERVER_ERROR, (Throwable) null);
                span.end();
            }
        });
    }

    @Test
    void ofACallExceptItsCopy() {
        traced.sink.keeping(false);
        final URI uri = URI.create("http://blobs:81/17?size=1");
        final String method = "GET";
        Garbage.assertNone(() -> {
            final Span span = traced.tracer().start(ROUTE.nameFor(Method.of(method)), SpanKind.CLIENT);
            span.set(HttpKeys.URL, Urls.full(uri, true));
            HttpKeys.finish(span, 404, HttpKeys.BAD_REQUEST, (Throwable) null);
            span.end();
        });
    }

    private record Request(String path, String query) {}

    /** Headers as constants. */
    private static final class Reader implements RequestReader<Request> {

        private static final HeaderGetter<Request> HEADERS = (request, name, values) -> {
            switch (name) {
                case "traceparent" -> values.add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
                case "tracestate" -> {
                    values.add("a=1");
                    values.add("b=2");
                }
                case "baggage" -> values.add("user=me");
                default -> {}
            }
        };

        private int peers;

        @Override
        public String method(Request request) {
            return "GET";
        }

        @Override
        public String path(Request request) {
            return request.path();
        }

        @Override
        public String query(Request request) {
            return request.query();
        }

        @Override
        public String scheme(Request request) {
            return "http";
        }

        @Override
        public String protocol(Request request) {
            return "HTTP/1.1";
        }

        @Override
        public String peer(Request request) {
            return (peers++ & 1) == 0 ? "10.0.0.1" : "10.0.0.2";
        }

        @Override
        public String host(Request request) {
            return (peers & 1) == 0 ? "blobs:81" : "[::1]";
        }

        @Override
        public String userAgent(Request request) {
            return "test";
        }

        @Override
        public String last(Request request, String name) {
            return (peers & 1) == 0 ? "for=6.6.6.6, for=\"[2001:db8::1]:4711\"" : "for=192.0.2.60;proto=https";
        }

        @Override
        public HeaderGetter<Request> headers() {
            return HEADERS;
        }
    }
}
