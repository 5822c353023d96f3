package io.kraken.tracer.jmh;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import datadog.opentracing.DDTracer;
import io.opentracing.Scope;
import io.opentracing.Span;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Datadog's tracer as a library, used through its OpenTracing API. It does not support another exporter, so its own one
 * sends msgpack to an agent on this machine that counts and discards: more work on other threads than the other peers
 * do. One thread only.
 */
final class DatadogPeer implements Peer {

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Agent agent = new Agent();
    private final DDTracer tracer;
    private long started;

    /** Sets system properties, from which it reads its settings once. */
    DatadogPeer() {
        System.setProperty("dd.agent.host", "127.0.0.1");
        System.setProperty("dd.trace.agent.port", Integer.toString(agent.port()));
        System.setProperty("dd.service", "benchmark");
        System.setProperty("dd.instrumentation.telemetry.enabled", "false");
        System.setProperty("dd.remote_configuration.enabled", "false");
        System.setProperty("dd.trace.startup.logs", "false");
        tracer = DDTracer.builder().build();
    }

    /** The part of Datadog's agent that its tracer needs; a trace is one span here. */
    private static final class Agent {
        private final AtomicLong traces = new AtomicLong();
        private final HttpServer server;

        Agent() {
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            server.createContext("/", this::handle);
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        private void handle(HttpExchange exchange) throws IOException {
            try (exchange) {
                exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
                final String path = exchange.getRequestURI().getPath();
                final String count = exchange.getRequestHeaders().getFirst("X-Datadog-Trace-Count");
                traces.addAndGet(count == null ? 0 : Long.parseLong(count));
                final boolean known = path.endsWith("/v0.4/traces") || path.equals("/info");
                final String answer = path.equals("/info") ? "{\"endpoints\":[\"/v0.4/traces\"]}" : "{}";
                final byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(known ? 200 : 404, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    private Span start() {
        started++;
        return tracer.buildSpan("agent.download_blob")
                .withTag("span.kind", "server")
                .start();
    }

    @Override
    public void bare(int work) {
        final Span span = start();
        try (Scope scope = tracer.activateSpan(span)) {
            Blackhole.consumeCPU(work);
        } finally {
            span.finish();
        }
    }

    @Override
    public void kraken(Request request, int work) {
        final Request now = request.next();
        final Span span = start();
        try (Scope scope = tracer.activateSpan(span)) {
            span.setTag("namespace", now.namespace())
                    .setTag("digest", now.digest())
                    .setTag("http.request.method", Request.METHOD);
            Blackhole.consumeCPU(work);
            span.setTag("size", now.size()).setTag("http.response.status_code", Request.STATUS);
        } finally {
            span.finish();
        }
    }

    @Override
    public void mix(Request request, Throwable thrown) {
        bare(0);
        kraken(request, 0);
    }

    @Override
    public void nested(int work) {
        throw new UnsupportedOperationException("the agent counts traces, not spans");
    }

    @Override
    public void failed(Throwable thrown, int work) {
        throw new UnsupportedOperationException("not compared");
    }

    /** Spans that the agent has not received after a time without requests were dropped. */
    @Override
    public Delivery close() {
        long seen = -1;
        long deadline = 0;
        while (agent.traces.get() < started && (seen < agent.traces.get() || System.nanoTime() - deadline < 0)) {
            if (seen < agent.traces.get()) {
                seen = agent.traces.get();
                deadline = System.nanoTime() + PATIENCE_NS;
            }
            tracer.flush();
            LockSupport.parkNanos(POLL_NS);
        }
        tracer.close();
        agent.server.stop(0);
        return new Delivery(agent.traces.get(), started - agent.traces.get());
    }
}
