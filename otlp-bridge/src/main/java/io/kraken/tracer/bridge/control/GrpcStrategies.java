package io.kraken.tracer.bridge.control;

import com.google.protobuf.CodedOutputStream;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kraken.tracer.bridge.destination.GrpcChannel;
import io.kraken.tracer.bridge.settings.ControlConfig;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** A strategy source for Jaeger's remote sampling over gRPC. Its few small messages are encoded and decoded by hand. */
final class GrpcStrategies implements StrategySource {

    private static final int SERVICE_NAME = 1;

    private static final MethodDescriptor<String, byte[]> GET = MethodDescriptor.<String, byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("jaeger.api_v2.SamplingManager/GetSamplingStrategy")
            .setRequestMarshaller(new Parameters())
            .setResponseMarshaller(new GrpcChannel.Responses())
            .build();

    private final ControlConfig.Remote config;
    private final GrpcChannel channel;

    GrpcStrategies(ControlConfig.Remote config) throws IOException {
        this.config = config;
        channel = new GrpcChannel(config.endpoint(), config.tls(), "kraken-bridge-sampling", LONGEST_ANSWER);
    }

    @Override
    public Inquiry ask(String service) {
        final Sent sent = new Sent();
        sent.call = channel.call(
                GET,
                CallOptions.DEFAULT.withDeadlineAfter(config.timeoutNs(), TimeUnit.NANOSECONDS),
                new Metadata(),
                service,
                sent);
        return sent;
    }

    @Override
    public void close() {
        channel.close();
    }

    /** A call in flight; the channel's thread sets the status, the publisher's thread polls it. */
    private static final class Sent extends ClientCall.Listener<byte[]> implements Inquiry {
        private ClientCall<?, ?> call;
        private byte[] message;
        private volatile Status status;

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
