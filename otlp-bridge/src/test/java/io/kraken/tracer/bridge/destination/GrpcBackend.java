package io.kraken.tracer.bridge.destination;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.kraken.tracer.ring.otlp.Certificates;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An OTLP backend with the generated service on grpc-java's server. */
final class GrpcBackend extends Backend {

    /** The reactions to the next requests; later requests are accepted. */
    interface Answer {
        void to(StreamObserver<ExportTraceServiceResponse> client);
    }

    final AtomicInteger connections = new AtomicInteger();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final ThreadLocal<Map<String, String>> headers = new ThreadLocal<>();
    private final Server server;
    /** The port, kept because a stopped server does not know it. */
    private final int port;

    /** @param own null: no encryption; else clients must authenticate as the peer */
    GrpcBackend(int port, Certificates own, Certificates peer) throws IOException {
        final NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .addService(new Service())
                .intercept(new Headers())
                .addTransportFilter(new Connections())
                .directExecutor();
        if (own != null) {
            builder.sslContext(
                    GrpcSslContexts.configure(SslContextBuilder.forServer(own.key, own.certificate), SslProvider.JDK)
                            .trustManager(peer.certificate)
                            .clientAuth(ClientAuth.REQUIRE)
                            .build());
        }
        server = builder.build().start();
        this.port = server.getPort();
    }

    GrpcBackend then(Answer answer) {
        answers.add(answer);
        return this;
    }

    static Answer status(Status status, Metadata trailers) {
        return client -> client.onError(new StatusRuntimeException(status, trailers));
    }

    static Answer response(ExportTraceServiceResponse response) {
        return client -> {
            client.onNext(response);
            client.onCompleted();
        };
    }

    /** Receives the request and never answers. */
    static Answer never() {
        return client -> {};
    }

    @Override
    int port() {
        return port;
    }

    /** Closes all connections. */
    @Override
    public void close() {
        try {
            server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Service extends TraceServiceGrpc.TraceServiceImplBase {
        @Override
        public void export(ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> client) {
            received.add(new Received(headers.get(), request));
            final Answer answer = answers.poll();
            (answer == null ? response(ExportTraceServiceResponse.getDefaultInstance()) : answer).to(client);
        }
    }

    /** With a direct executor, headers and request of a call arrive on the same thread, one call after another. */
    private final class Headers implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata given, ServerCallHandler<Q, R> next) {
            final Map<String, String> found = new HashMap<>();
            for (String name : given.keys()) {
                found.put(
                        name.toLowerCase(Locale.ROOT),
                        name.endsWith("-bin")
                                ? new String(
                                        given.get(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER)),
                                        java.nio.charset.StandardCharsets.UTF_8)
                                : given.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
            }
            headers.set(found);
            return next.startCall(call, given);
        }
    }

    private final class Connections extends ServerTransportFilter {
        @Override
        public Attributes transportReady(Attributes attributes) {
            connections.incrementAndGet();
            return attributes;
        }
    }
}
