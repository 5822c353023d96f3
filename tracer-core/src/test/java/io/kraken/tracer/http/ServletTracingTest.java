package io.kraken.tracer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.TracerFixture;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spans of servlets, in a container. */
class ServletTracingTest {

    private static final SpanName WORK = SpanName.of("work");
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
    private static final EnumSet<DispatcherType> ALL = EnumSet.allOf(DispatcherType.class);

    /** The code of a servlet. */
    private interface Work {
        void on(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException;
    }

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final HttpTracing tracing = HttpTracing.of(traced.tracer());
    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server);
    private final List<String> seen = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private void serve(Work work) throws Exception {
        serve(new ServletTracing(tracing), work);
    }

    private void serve(ServletTracing filter, Work work) throws Exception {
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        final ServletContextHandler context = new ServletContextHandler("/app");
        final FilterHolder first = new FilterHolder(filter);
        first.setAsyncSupported(true);
        context.addFilter(first, "/*", ALL);
        final ServletHolder holder = new ServletHolder(new HttpServlet() {
            private static final long serialVersionUID = 1L;

            @Override
            protected void service(HttpServletRequest request, HttpServletResponse response)
                    throws IOException, ServletException {
                seen.add(request.getDispatcherType() + " "
                        + traced.tracer().current().traceId().substring(0, 4));
                work.on(request, response);
            }
        });
        holder.setAsyncSupported(true);
        context.addServlet(holder, "/blobs/*");
        server.setHandler(context);
        server.start();
    }

    private int get(String path, String... forwarded) throws Exception {
        final HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + connector.getLocalPort() + path))
                .version(HttpClient.Version.HTTP_1_1)
                .setHeader("User-Agent", "test")
                .header("traceparent", PARENT)
                .header("tracestate", "a=1")
                .header("tracestate", "b=2");
        for (String one : forwarded) {
            request.header("Forwarded", one);
        }
        return HttpClient.newHttpClient()
                .send(request.build(), BodyHandlers.discarding())
                .statusCode();
    }

    private String picture(int spans) {
        return traced.picture(spans).replace(Integer.toString(connector.getLocalPort()), "PORT");
    }

    @Test
    void clientAddressComesFromTheProxyHeader() throws Exception {
        serve(new ServletTracing(tracing.behindProxy("Forwarded")), (request, response) -> {});
        get("/app/blobs/17", "for=6.6.6.6", "for=7.7.7.7, for=\"[2001:db8::1]:4711\"");
        final String picture = picture(1);
        assertTrue(picture.contains("""
                .client.address = "2001:db8::1"
                  .network.peer.address = "127.0.0.1"
                """), picture);
    }

    @Test
    void requestIsASpanAroundItsServlet() throws Exception {
        serve(new ServletTracing(tracing, ServletTracing::mapping), (request, response) -> {
            traced.tracer().start(WORK).end();
            response.setStatus(201);
        });
        assertEquals(201, get("/app/blobs/17?a=1"));
        assertEquals("""
                GET /app/blobs/* SERVER flags=303
                  .http.request.method = "GET"
                  .http.route = "/app/blobs/*"
                  .url.scheme = "http"
                  .url.path = "/app/blobs/17"
                  .url.query = "a=1"
                  .network.protocol.version = "1.1"
                  .server.address = "127.0.0.1"
                  .server.port = PORT
                  .client.address = "127.0.0.1"
                  .user_agent.original = "test"
                  .http.response.status_code = 201
                  ~ a=1,b=2
                  work INTERNAL
                    ~ a=1,b=2
                """, picture(2));
        assertEquals(List.of("REQUEST 0af7"), seen);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 404, 500, 503})
    void onlyServerFailuresAreErrors(int status) throws Exception {
        serve((request, response) -> response.setStatus(status));
        assertEquals(status, get("/app/blobs/17"));
        final String picture = picture(1);
        assertTrue(picture.contains(".http.response.status_code = " + status), picture);
        assertEquals(status >= 500, picture.contains("! ERROR"), picture);
    }

    @Test
    void recordsExceptionAndTracesNoErrorPage() throws Exception {
        serve((request, response) -> {
            throw new ServletException("no disk");
        });
        assertEquals(500, get("/app/blobs/17"));
        final String picture = picture(1);
        assertTrue(picture.contains(".http.response.status_code = 500\n"), picture);
        assertTrue(picture.contains(".error.type = \"jakarta.servlet.ServletException\"\n"), picture);
        assertTrue(picture.contains("exception.type=\"jakarta.servlet.ServletException\"} thrown"), picture);
        assertEquals(1, traced.tracer().ledger().started());
    }

    @Test
    void asynchronousRequestEndsOnCompletion() throws Exception {
        serve((request, response) -> {
            final AsyncContext later = request.startAsync();
            final Span span = traced.tracer().current();
            later.start(() -> {
                span.set("later", true);
                response.setStatus(503);
                later.complete();
            });
        });
        assertEquals(503, get("/app/blobs/17"));
        final String picture = picture(1);
        assertTrue(picture.contains(".later = true\n"), picture);
        assertTrue(picture.contains(".error.type = \"503\"\n"), picture);
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void immediatelyCompletedRequestEndsOnce() throws Exception {
        serve((request, response) -> request.startAsync().complete());
        assertEquals(200, get("/app/blobs/17"));
        assertTrue(picture(1).contains(".http.response.status_code = 200\n"), () -> picture(1));
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void spanIsCurrentInADispatch() throws Exception {
        serve((request, response) -> {
            final int times = request.getAttribute("times") == null ? 0 : (int) request.getAttribute("times");
            request.setAttribute("times", times + 1);
            traced.tracer().start(WORK).end();
            if (times < 2) {
                request.startAsync().dispatch();
            } else {
                response.setStatus(204);
            }
        });
        assertEquals(204, get("/app/blobs/17"));
        final String picture = picture(4);
        assertEquals(List.of("REQUEST 0af7", "ASYNC 0af7", "ASYNC 0af7"), seen);
        assertEquals(4, picture.split("\n  work INTERNAL\n", -1).length, picture);
        assertTrue(picture.contains(".http.response.status_code = 204\n"), picture);
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void timeoutIsRecorded() throws Exception {
        serve((request, response) -> {
            if (request.getDispatcherType() == DispatcherType.REQUEST) {
                request.startAsync().setTimeout(10);
            }
        });
        assertEquals(500, get("/app/blobs/17"));
        final String picture = picture(1);
        assertTrue(picture.contains(".error.type = \"timeout\"\n"), picture);
        assertTrue(picture.endsWith("! ERROR\n"), picture);
    }

    @Test
    void recordsExceptionOfADispatch() throws Exception {
        serve((request, response) -> {
            if (request.getDispatcherType() == DispatcherType.ASYNC) {
                throw new IllegalStateException("too late");
            }
            request.startAsync().dispatch();
        });
        assertEquals(500, get("/app/blobs/17"));
        final String picture = picture(1);
        assertTrue(picture.contains("exception.message=\"too late\""), picture);
        assertTrue(picture.contains(".http.response.status_code = 500\n"), picture);
        assertEquals(1, traced.tracer().ledger().started());
    }

    @Test
    void forwardIsPartOfItsRequest() throws Exception {
        serve((request, response) -> {
            if (request.getDispatcherType() == DispatcherType.REQUEST) {
                request.getRequestDispatcher("/blobs/other").forward(request, response);
            }
        });
        assertEquals(200, get("/app/blobs/17"));
        picture(1);
        assertEquals(List.of("REQUEST 0af7", "FORWARD 0af7"), seen);
        assertEquals(1, traced.tracer().ledger().started());
    }

    @Test
    void excludedPathsHaveNoSpans() throws Exception {
        serve(new ServletTracing(tracing.without("/app/*/17")), (request, response) -> response.setStatus(200));
        assertEquals(200, get("/app/blobs/17"));
        assertEquals(List.of("REQUEST 0000"), seen);
        assertFalse(traced.picture().contains("SERVER"), traced::picture);
        assertEquals(0, traced.tracer().ledger().started());
    }
}
