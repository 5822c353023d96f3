package io.kraken.tracer;

import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.http.HttpTracing;
import io.kraken.tracer.http.TracedHttpClient;
import io.kraken.tracer.http.TracingFilter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** A traced call in a JVM with nothing but the JDK; run by {@link Child}. */
final class HttpAlone {

    private HttpAlone() {}

    static String call(Tracer tracer) {
        try {
            return call(HttpTracing.of(tracer));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String call(HttpTracing tracing) throws IOException, InterruptedException {
        final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
                    final boolean traced = exchange.getRequestHeaders().containsKey("traceparent");
                    exchange.sendResponseHeaders(traced ? 200 : 400, -1);
                })
                .getFilters()
                .add(new TracingFilter(tracing));
        server.start();
        try {
            final HttpClient client = new TracedHttpClient(tracing, HttpClient.newHttpClient());
            final URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
            final int status = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
            return "status " + status + ", servlets " + isThere("jakarta.servlet.Filter");
        } finally {
            server.stop(0);
        }
    }

    private static String isThere(String type) {
        try {
            Class.forName(type);
            return "there";
        } catch (ClassNotFoundException e) {
            return "not there";
        }
    }
}
