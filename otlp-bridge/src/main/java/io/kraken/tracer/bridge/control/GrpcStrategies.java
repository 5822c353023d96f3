package io.kraken.tracer.bridge.control;

import com.google.protobuf.CodedOutputStream;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kraken.tracer.bridge.destination.GrpcChannels;
import io.kraken.tracer.bridge.destination.TlsFiles;
import io.kraken.tracer.bridge.settings.ControlConfig;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** A strategy source for Jaeger's remote sampling over gRPC. Its few small messages are encoded and decoded by hand. */
final class GrpcStrategies implements StrategySource {

    private static final int SERVICE_NAME = 1;
    private static final long QUIET_MS = 200;

    private static final MethodDescriptor<String, byte[]> GET = MethodDescriptor.<String, byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("jaeger.api_v2.SamplingManager/GetSamplingStrategy")
            .setRequestMarshaller(new Parameters())
            .setResponseMarshaller(new GrpcChannels.Responses())
            .build();

    private final ControlConfig.Remote config;
    private final EventLoopGroup threads;
    private final ManagedChannel channel;

    /** @param tls null without encryption */
    GrpcStrategies(ControlConfig.Remote config, TlsFiles tls) throws IOException {
        this.config = config;
        threads = new MultiThreadIoEventLoopGroup(1, StrategySources::newThread, NioIoHandler.newFactory());
        channel = GrpcChannels.newChannel(config.endpoint(), tls, threads, LONGEST_ANSWER);
    }

    @Override
    public Inquiry ask(String service) {
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.resetConnectBackoff(); // the interval of the requests is the backoff
        }
        final ClientCall<String, byte[]> call =
                channel.newCall(GET, CallOptions.DEFAULT.withDeadlineAfter(config.timeoutNs(), TimeUnit.NANOSECONDS));
        final Sent sent = new Sent(call);
        call.start(sent, new Metadata());
        call.request(2); // a second response would show that the server violates the protocol
        call.sendMessage(service);
        call.halfClose();
        return sent;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        threads.shutdownGracefully(QUIET_MS, 10 * QUIET_MS, TimeUnit.MILLISECONDS);
    }

    /** A call in flight; the channel's thread sets the status, the publisher's thread polls it. */
    private static final class Sent extends ClientCall.Listener<byte[]> implements Inquiry {
        private final ClientCall<?, ?> call;
        private byte[] message;
        private volatile Status status;

        Sent(ClientCall<?, ?> call) {
            this.call = call;
        }

        @Override
        public void onMessage(byte[] given) {
            message = given;
        }

        @Override
        public void onClose(Status given, Metadata trailers) {
            status = given;
        }

        @Override
        public ControlWords answer() throws IOException {
            final Status end = status;
            if (end == null) {
                return null;
            }
            if (!end.isOk() || message == null) {
                throw new IOException(OtlpAnswer.tame(end.getCode() + ": " + end.getDescription()));
            }
            return SamplingAnswer.ofProtobuf(message);
        }

        @Override
        public void cancel() {
            call.cancel("given up", null);
        }
    }

    private static final class Parameters implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String service) {
            try {
                final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                final CodedOutputStream out = CodedOutputStream.newInstance(bytes);
                out.writeString(SERVICE_NAME, service);
                out.flush();
                return new ByteArrayInputStream(bytes.toByteArray());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String parse(InputStream stream) {
            throw new UnsupportedOperationException("parameters are only sent");
        }
    }
}
