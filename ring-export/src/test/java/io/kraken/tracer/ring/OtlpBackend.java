package io.kraken.tracer.ring;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** A real HTTP server that decodes OTLP with protobuf's own classes and responds as the test says. */
final class OtlpBackend implements AutoCloseable {

    /** Responses to the next requests; later requests are accepted. */
    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    record Received(Headers headers, String path, ExportTraceServiceRequest request, int bytes) {
        int spans() {
            return request.getResourceSpans(0).getScopeSpans(0).getSpansCount();
        }
    }

    final List<Received> received = new CopyOnWriteArrayList<>();
    final List<Throwable> problems = new CopyOnWriteArrayList<>();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        final Thread thread = new Thread(work, "backend");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    OtlpBackend() {
        this(null);
    }

    /** @param tls null for plain HTTP; otherwise clients must present a certificate */
    OtlpBackend(SSLContext tls) {
        try {
            server = create(tls);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private static HttpServer create(SSLContext tls) throws IOException {
        final InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (tls == null) {
            return HttpServer.create(anyPort, 0);
        }
        final HttpsServer server = HttpsServer.create(anyPort, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                final SSLParameters needed = tls.getDefaultSSLParameters();
                needed.setNeedClientAuth(true);
                parameters.setSSLParameters(needed);
            }
        });
        return server;
    }

    OtlpBackend then(Answer answer) {
        answers.add(answer);
        return this;
    }

    String address() {
        return (server instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:"
                + server.getAddress().getPort();
    }

    int spans() {
        return received.stream().mapToInt(Received::spans).sum();
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            final byte[] body = exchange.getRequestBody().readAllBytes();
            final boolean gzip = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
            try (InputStream in =
                    gzip ? new GZIPInputStream(new ByteArrayInputStream(body)) : new ByteArrayInputStream(body)) {
                final Headers headers = new Headers();
                headers.putAll(exchange.getRequestHeaders());
                received.add(new Received(
                        headers,
                        exchange.getRequestURI().toString(),
                        ExportTraceServiceRequest.parseFrom(in),
                        body.length));
            }
            final Answer answer = answers.poll();
            (answer == null
                            ? with(
                                    200,
                                    ExportTraceServiceResponse.getDefaultInstance()
                                            .toByteArray())
                            : answer)
                    .to(exchange);
        } catch (IOException | RuntimeException e) {
            problems.add(e);
        }
    }

    static Answer with(int status, byte[] protobuf, String... headers) {
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Type", OtlpHttp.PROTOBUF);
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, protobuf.length == 0 ? -1 : protobuf.length);
            exchange.getResponseBody().write(protobuf);
        };
    }

    static Answer partial(long rejected, String message) {
        final ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
        response.getPartialSuccessBuilder().setRejectedSpans(rejected).setErrorMessage(message);
        return with(200, response.build().toByteArray());
    }

    /** Reads the request and does not respond until the backend closes. */
    Answer never() {
        return exchange -> {
            try {
                closing.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    /** Sends the head of a response whose body never ends. */
    Answer neverEnding() {
        return exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write(1);
            exchange.getResponseBody().flush();
            never().to(exchange);
        };
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
