package io.kraken.tracer.bridge.demo;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.rpc.ClientSpans;
import io.kraken.tracer.rpc.ServerSpans;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * The tracker's announce as a gRPC call over loopback, with text messages. The tracing interceptors create the spans.
 */
final class AnnounceRpc {

    private static final String SERVICE = "kraken.Tracker";
    private static final MethodDescriptor<String, String> ANNOUNCE = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Announce"))
            .setRequestMarshaller(new Text())
            .setResponseMarshaller(new Text())
            .build();
    /** Requests one message more than expected, so that gRPC detects a second one. */
    private static final int ONE_MESSAGE = 2;

    private static final long END_SECONDS = 10;

    private AnnounceRpc() {}

    /** The server, on a free port. It answers on the workers' threads, in the span of the call. */
    static final class Answers {

        private final Server server;

        Answers(Tracer tracer, ExecutorService workers, UnaryOperator<String> announce) throws IOException {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .executor(workers)
                    .intercept(new ServerSpans(tracer))
                    .addService(ServerServiceDefinition.builder(SERVICE)
                            .addMethod(ANNOUNCE, (call, headers) -> {
                                call.request(ONE_MESSAGE);
                                return new Request(call, announce);
                            })
                            .build())
                    .build()
                    .start();
        }

        String address() {
            return "127.0.0.1:" + server.getPort();
        }

        /** Returns when all calls in flight have been answered. */
        void close() {
            server.shutdown();
            try {
                server.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            server.shutdownNow();
        }
    }

    /** gRPC calls it from one thread at a time. */
    private static final class Request extends ServerCall.Listener<String> {

        private final ServerCall<String, String> call;
        private final UnaryOperator<String> announce;
        private String infohash;

        Request(ServerCall<String, String> call, UnaryOperator<String> announce) {
            this.call = call;
            this.announce = announce;
        }

        @Override
        public void onMessage(String message) {
            infohash = message;
        }

        @Override
        public void onHalfClose() {
            if (infohash == null) {
                call.close(Status.INVALID_ARGUMENT.withDescription("the announce has no infohash"), new Metadata());
                return;
            }
            final String answer = announce.apply(infohash);
            call.sendHeaders(new Metadata());
            call.sendMessage(answer);
            call.close(Status.OK, new Metadata());
        }
    }

    /** The client of one service, for all its threads. */
    static final class Caller {

        private final ManagedChannel channel;

        Caller(Tracer tracer, String address) {
            final int colon = address.lastIndexOf(':');
            channel = NettyChannelBuilder.forAddress(
                            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))
                    .usePlaintext()
                    .directExecutor()
                    .intercept(new ClientSpans(tracer))
                    .build();
        }

        /**
         * Waits for the answer.
         *
         * @throws IOException when the call fails
         */
        String announce(String infohash) throws IOException {
            final ClientCall<String, String> call = channel.newCall(
                    ANNOUNCE, CallOptions.DEFAULT.withDeadlineAfter(Http.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS));
            final Response response = new Response();
            call.start(response, new Metadata());
            call.request(ONE_MESSAGE);
            call.sendMessage(infohash);
            call.halfClose();
            try {
                return response.answer.get();
            } catch (InterruptedException e) {
                call.cancel("interrupted", e);
                throw KrakenService.interrupted(e);
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            }
        }

        void close() {
            channel.shutdown();
            try {
                channel.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            channel.shutdownNow();
        }
    }

    private static final class Response extends ClientCall.Listener<String> {

        final CompletableFuture<String> answer = new CompletableFuture<>();
        private String message;

        @Override
        public void onMessage(String text) {
            message = text;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (status.isOk() && message != null) {
                answer.complete(message);
            } else {
                answer.completeExceptionally(status.asException());
            }
        }
    }

    /** A marshaller of short texts in UTF-8. */
    private static final class Text implements MethodDescriptor.Marshaller<String> {

        private static final int LONGEST = 1024;

        @Override
        public InputStream stream(String text) {
            return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream bytes) {
            try {
                final byte[] text = bytes.readNBytes(LONGEST + 1);
                if (text.length > LONGEST) {
                    throw Status.INVALID_ARGUMENT
                            .withDescription("longer than " + LONGEST + " bytes")
                            .asRuntimeException();
                }
                return new String(text, StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
