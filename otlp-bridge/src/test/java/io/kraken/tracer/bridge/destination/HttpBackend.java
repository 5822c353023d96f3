package io.kraken.tracer.bridge.destination;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.kraken.tracer.ring.otlp.Certificates;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** An OTLP backend on the JDK's HTTP server. */
final class HttpBackend extends Backend {

    /** The reactions to the next requests; later requests are accepted. */
    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        final Thread thread = new Thread(work, "backend");
        thread.setDaemon(true);
        return thread;
    });

    /** @param own null: no encryption; else clients must authenticate as the peer */
    HttpBackend(int port, Certificates own, Certificates peer) throws IOException {
        final InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        if (own == null) {
            server = HttpServer.create(address, 0);
        } else {
            final HttpsServer encrypted = HttpsServer.create(address, 0);
            encrypted.setHttpsConfigurator(new ClientsAreKnown(own.context(peer)));
            server = encrypted;
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private static final class ClientsAreKnown extends HttpsConfigurator {
        ClientsAreKnown(SSLContext context) {
            super(context);
        }

        @Override
        public void configure(HttpsParameters parameters) {
            final SSLParameters all = getSSLContext().getDefaultSSLParameters();
            all.setNeedClientAuth(true);
            parameters.setSSLParameters(all);
        }
    }

    HttpBackend then(Answer answer) {
        answers.add(answer);
        return this;
    }

    static Answer with(int status, byte[] protobuf, String... headers) {
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, protobuf.length == 0 ? -1 : protobuf.length);
            exchange.getResponseBody().write(protobuf);
        };
    }

    /** Receives the request and does not answer until the backend closes. */
    Answer never() {
        return exchange -> {
            try {
                closing.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            final Map<String, String> headers = new HashMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
            headers.put(":path", exchange.getRequestURI().toString());
            final byte[] body = exchange.getRequestBody().readAllBytes();
            try (InputStream in = "gzip".equals(headers.get("content-encoding"))
                    ? new GZIPInputStream(new ByteArrayInputStream(body))
                    : new ByteArrayInputStream(body)) {
                received.add(new Received(headers, ExportTraceServiceRequest.parseFrom(in)));
            }
            final Answer answer = answers.poll();
            (answer == null ? with(200, new byte[0]) : answer).to(exchange);
        }
    }

    @Override
    int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
