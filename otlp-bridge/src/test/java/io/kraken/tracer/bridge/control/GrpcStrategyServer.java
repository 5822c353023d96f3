package io.kraken.tracer.bridge.control;

import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.kraken.tracer.ring.otlp.Certificates;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server of Jaeger's sampling strategies on grpc-java, with messages as bytes. */
final class GrpcStrategyServer implements AutoCloseable {

    final List<byte[]> asked = new CopyOnWriteArrayList<>();
    /** Null: calls fail. */
    volatile byte[] answer;

    private final Server server;

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** @param own null: no encryption; else clients must authenticate as the peer */
    GrpcStrategyServer(Certificates own, Certificates peer) throws IOException {
        final MethodDescriptor<byte[], byte[]> method = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("jaeger.api_v2.SamplingManager/GetSamplingStrategy")
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        final NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(ServerServiceDefinition.builder("jaeger.api_v2.SamplingManager")
                        .addMethod(method, ServerCalls.asyncUnaryCall((request, client) -> {
                            asked.add(request);
                            if (answer == null) {
                                client.onError(Status.INTERNAL
                                        .withDescription("no file")
                                        .asRuntimeException());
                            } else {
                                client.onNext(answer);
                                client.onCompleted();
                            }
                        }))
                        .build())
                .directExecutor();
        if (own != null) {
            builder.sslContext(
                    GrpcSslContexts.configure(SslContextBuilder.forServer(own.key, own.certificate), SslProvider.JDK)
                            .trustManager(peer.certificate)
                            .clientAuth(ClientAuth.REQUIRE)
                            .build());
        }
        server = builder.build().start();
    }

    int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
