package io.kraken.tracer.jmh;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An OTLP/HTTP backend on this machine that counts spans and acknowledges them. It reads no more of a request than the
 * lengths it needs for that, so as to leave the processors to those who are measured.
 */
final class Receiver implements AutoCloseable {

    private static final int RESOURCE_SPANS = 1;
    private static final int SCOPE_SPANS = 2;
    private static final int SPAN = 2;
    private static final int LENGTH_DELIMITED = 2;

    private final AtomicLong spans = new AtomicLong();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        final Thread thread = new Thread(work, "receiver");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    Receiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/traces", this::handle);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Spans acknowledged so far. */
    long spans() {
        return spans.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            final byte[] request = exchange.getRequestBody().readAllBytes();
            final long count = new Fields(request).count(0, request.length, 0);
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
            spans.addAndGet(count);
        }
    }

    /** Finds spans in a request by walking over the outer three levels of its messages. */
    private static final class Fields {
        private static final int[] PATH = {RESOURCE_SPANS, SCOPE_SPANS, SPAN};

        private final byte[] bytes;
        private int at;

        Fields(byte[] bytes) {
            this.bytes = bytes;
        }

        long count(int from, int end, int depth) {
            long count = 0;
            at = from;
            while (at < end) {
                final int tag = (int) varint();
                if ((tag & 7) != LENGTH_DELIMITED) {
                    throw new IllegalArgumentException("a field of type " + (tag & 7) + " above the spans");
                }
                final int length = (int) varint();
                final int next = at + length;
                if (tag >>> 3 == PATH[depth]) {
                    count += depth == PATH.length - 1 ? 1 : count(at, next, depth + 1);
                }
                at = next;
            }
            return count;
        }

        private long varint() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                final byte next = bytes[at++];
                value |= (long) (next & 0x7F) << shift;
                if (next >= 0) {
                    return value;
                }
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
