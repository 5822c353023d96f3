package io.kraken.tracer.bridge.destination;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.RequestBytes;
import io.kraken.tracer.ring.otlp.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A transport for OTLP over gRPC. Requests are encoded already. The channel's thread only stores the outcome. */
final class GrpcTransport implements Transport {

    private static final int LONGEST_ANSWER = 4 << 20;

    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    /** Headers of the transport's framing, which must not be set by users. */
    private static final Set<String> RESTRICTED = Set.of("te", "content-type", "user-agent", "host", "connection");

    private static final MethodDescriptor<RequestBytes, byte[]> EXPORT =
            MethodDescriptor.<RequestBytes, byte[]>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("opentelemetry.proto.collector.trace.v1.TraceService/Export")
                    .setRequestMarshaller(new Requests())
                    .setResponseMarshaller(new GrpcChannel.Responses())
                    .build();

    private final Metadata headers;
    private final GrpcChannel channel;
    private final CallOptions options;
    private final long timeoutNs;

    GrpcTransport(DestinationConfig config) throws IOException {
        headers = metadata(config.headers());
        options = config.gzip() ? CallOptions.DEFAULT.withCompression("gzip") : CallOptions.DEFAULT;
        timeoutNs = config.timeoutNs();
        channel =
                new GrpcChannel(config.endpoint(), config.tls(), "kraken-bridge-grpc-" + config.name(), LONGEST_ANSWER);
    }

    private static Metadata metadata(Map<String, String> headers) {
        final Metadata metadata = new Metadata();
        headers.forEach((given, value) -> {
            final String name = given.toLowerCase(Locale.ROOT);
            try {
                if (name.startsWith("grpc-") || RESTRICTED.contains(name)) {
                    throw new IllegalArgumentException();
                }
                if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                    metadata.put(
                            Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER),
                            Base64.getDecoder().decode(value));
                } else if (value.chars().allMatch(c -> c >= ' ' && c <= '~')) {
                    metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
                } else {
                    throw new IllegalArgumentException();
                }
            } catch (IllegalArgumentException e) { // not as a cause: it may hold the value, which is a secret
                throw new IllegalArgumentException(
                        "header '" + OtlpAnswer.tame(given) + "' cannot be set, or its value is invalid");
            }
        });
        return metadata;
    }

    @Override
    public Exchange send(ByteBuffer request) {
        final Sent sent = new Sent(new RequestBytes(request));
        final Metadata own = new Metadata();
        own.merge(headers);
        try {
            sent.call = channel.call(
                    EXPORT, options.withDeadlineAfter(timeoutNs, TimeUnit.NANOSECONDS), own, sent.body, sent);
            return sent;
        } catch (RuntimeException e) {
            sent.body.release();
            return new Completed(Outcome.failed("local", e.toString()));
        }
    }

    @Override
    public void close() {
        channel.close();
    }

    /** A call in flight; the channel's thread sets the outcome, the destination's thread polls it. */
    private static final class Sent extends ClientCall.Listener<byte[]> implements Exchange {
        private final RequestBytes body;
        private ClientCall<?, ?> call;
        private volatile Outcome outcome;
        private boolean cancelled;
        private boolean serverResponded;
        private byte[] response = {};

        Sent(RequestBytes body) {
            this.body = body;
        }

        @Override
        public void onHeaders(Metadata given) {
            serverResponded = true;
        }

        @Override
        public void onMessage(byte[] message) {
            response = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            body.release();
            // A status of the server comes with trailers (at least a content type) or after headers.
            outcome = status.isOk()
                    ? Outcome.taken(response)
                    : failed(status, serverResponded || !trailers.keys().isEmpty(), trailers.get(DETAILS));
        }

        @Override
        public Outcome outcome() {
            return cancelled ? null : outcome;
        }

        @Override
        public void cancel() {
            cancelled = true;
            body.release();
            call.cancel("given up", null);
        }
    }

    /**
     * The outcome of a failed call. Only a status that the server has sent can be a refusal. Without one, the
     * connection or the stream broke, and the library generates a code: mostly UNAVAILABLE, but UNKNOWN for a closed
     * channel, INTERNAL for a reset stream and for bytes that are not HTTP/2, CANCELLED or RESOURCE_EXHAUSTED for other
     * resets. All of these count as a lost connection and are retried.
     */
    private static Outcome failed(Status status, boolean serverResponded, byte[] details) {
        final Status.Code code = status.getCode();
        if (serverResponded) {
            return Outcome.ofGrpc(code.name(), textOf(status), details);
        }
        return Outcome.failed(code == Status.Code.DEADLINE_EXCEEDED ? "timeout" : "connection", textOf(status));
    }

    private static String textOf(Status status) {
        final String text = status.getDescription();
        return status.getCode()
                + (text == null || text.isEmpty() ? "" : ": " + text)
                + (status.getCause() == null ? "" : " (" + status.getCause() + ")");
    }

    // --- marshallers that pass bytes through

    private static final class Requests implements MethodDescriptor.Marshaller<RequestBytes> {
        @Override
        public InputStream stream(RequestBytes request) {
            return new RequestStream(request);
        }

        @Override
        public RequestBytes parse(InputStream stream) {
            throw new UnsupportedOperationException("requests are only sent");
        }
    }

    /** The library uses only its length and {@link #drainTo}. */
    private static final class RequestStream extends InputStream implements Drainable, KnownLength {
        private static final int SLICE = 16 << 10;

        private final RequestBytes request;

        RequestStream(RequestBytes request) {
            this.request = request;
        }

        @Override
        public int available() {
            return request.length();
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            final byte[] slice = new byte[Math.min(SLICE, request.length())];
            int at = 0;
            while (at < request.length()) {
                final int count = request.copy(at, slice);
                if (count < 0) {
                    throw new IOException("the request was cancelled");
                }
                target.write(slice, 0, count);
                at += count;
            }
            return at;
        }

        @Override
        public int read() throws IOException {
            throw new IOException("only drainTo is supported");
        }
    }
}
