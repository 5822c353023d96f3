package io.kraken.tracer.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The JDK's server on a free port, with a filter in front of a handler. */
final class LoopbackServer implements AutoCloseable {

    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private final HttpServer server;

    LoopbackServer(TracingFilter filter, HttpHandler handler) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(workers);
        server.createContext("/", handler).getFilters().add(filter);
        server.start();
    }

    /** Answers with this status and no body. */
    static HttpHandler status(int status) {
        return exchange -> answer(exchange, status);
    }

    static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    int port() {
        return server.getAddress().getPort();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path)).setHeader("User-Agent", "test");
    }

    /** Sends these lines unchanged, and returns all that comes back; empty if the connection is closed. */
    String raw(String... lines) {
        try (Socket socket = new Socket("127.0.0.1", port())) {
            socket.setSoTimeout(20_000);
            final String head = String.join("\r\n", lines) + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            return ""; // a server that rejects the request does not read on
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces what differs from run to run. */
    String anonymous(String picture) {
        return picture.replace(Integer.toString(port()), "PORT");
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
