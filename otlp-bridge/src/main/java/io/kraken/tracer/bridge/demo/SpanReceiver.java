package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ExecutorService;
import java.util.zip.GZIPInputStream;

/** A small collector for OTLP over HTTP. It acknowledges a request after its taker has processed it. */
final class SpanReceiver implements AutoCloseable {

    private static final int MOST_BYTES = 64 << 20;

    private final ExecutorService workers = Http.workers("kraken-demo-receiver", 2);
    private final HttpServer server;
    private final Taker taker;

    /** Processes the bytes of ExportTraceServiceRequests. Called by any thread. */
    interface Taker {
        void take(byte[] message) throws IOException;
    }

    /** @param port of the loopback interface; 0 for a free one */
    SpanReceiver(int port, Taker taker) throws IOException {
        this.taker = taker;
        server = Http.server(port, workers);
        server.createContext("/v1/traces", exchange -> {
            try {
                receive(exchange);
            } catch (IOException | RuntimeException e) {
                Http.answer(exchange, 400, String.valueOf(e.getMessage()));
            }
        });
        server.start();
    }

    String endpoint() {
        return "http://" + Http.address(server);
    }

    private void receive(HttpExchange exchange) throws IOException {
        final boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
        final InputStream body = zipped ? new GZIPInputStream(exchange.getRequestBody()) : exchange.getRequestBody();
        taker.take(body.readNBytes(MOST_BYTES));
        exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
        Http.answer(
                exchange, 200, ExportTraceServiceResponse.getDefaultInstance().toByteArray());
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdown();
    }
}
