package io.kraken.tracer.jmh;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;

/** An OTLP/gRPC backend on this machine that counts spans and acknowledges them at once, on one thread. */
final class GrpcReceiver implements AutoCloseable {

    private static final String SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService";
    private static final int MOST_BYTES = 64 << 20;
    private static final byte[] ANSWER = {};

    private final SpanCounter counter = new SpanCounter();
    private final EventLoopGroup thread = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Server server;

    GrpcReceiver() {
        final MethodDescriptor<Arrived, byte[]> export = MethodDescriptor.<Arrived, byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(SERVICE + "/Export")
                .setRequestMarshaller(new Requests())
                .setResponseMarshaller(new Answers())
                .build();
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bossEventLoopGroup(thread)
                .workerEventLoopGroup(thread)
                .channelType(NioServerSocketChannel.class)
                .directExecutor()
                .maxInboundMessageSize(MOST_BYTES)
                .addStreamTracerFactory(new WireSizes())
                .addService(ServerServiceDefinition.builder(SERVICE)
                        .addMethod(export, this::answer)
                        .build())
                .build();
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String address() {
        return "http://127.0.0.1:" + server.getPort();
    }

    SpanCounter counter() {
        return counter;
    }

    /** A request's bytes, in an array that is reused for the next request. */
    private record Arrived(byte[] bytes, int length) {}

    /** All calls are on one thread: the size reported last is that of the request that is read next. */
    private long wireBytes;

    private ServerCall.Listener<Arrived> answer(ServerCall<Arrived, byte[]> call, Metadata headers) {
        counter.begun();
        call.request(2);
        return new ServerCall.Listener<>() {
            @Override
            public void onMessage(Arrived request) {
                counter.add(request.bytes, request.length, wireBytes);
                call.sendHeaders(new Metadata());
                call.sendMessage(ANSWER);
                call.close(Status.OK, new Metadata());
            }
        };
    }

    private final class WireSizes extends ServerStreamTracer.Factory {
        @Override
        public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
            return new ServerStreamTracer() {
                @Override
                public void inboundMessageRead(int number, long wireSize, long size) {
                    wireBytes = wireSize;
                }
            };
        }
    }

    private static final class Requests implements MethodDescriptor.Marshaller<Arrived> {
        private byte[] bytes = new byte[1 << 20];

        @Override
        public InputStream stream(Arrived request) {
            throw new UnsupportedOperationException("requests are only received");
        }

        @Override
        public Arrived parse(InputStream stream) {
            try {
                int length = 0;
                for (int read = 0; read >= 0; length += Math.max(0, read)) {
                    if (length == bytes.length) {
                        bytes = Arrays.copyOf(bytes, 2 * length);
                    }
                    read = stream.read(bytes, length, bytes.length - length);
                }
                return new Arrived(bytes, length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Answers implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] answer) {
            return InputStream.nullInputStream();
        }

        @Override
        public byte[] parse(InputStream stream) {
            throw new UnsupportedOperationException("answers are only sent");
        }
    }

    @Override
    public void close() {
        server.shutdownNow();
        thread.shutdownGracefully();
    }
}
