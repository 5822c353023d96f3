package io.kraken.tracer.bridge.destination;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A destination for OTLP over gRPC. Requests are encoded already and passed to the transport as bytes. One channel with
 * one thread reads the answers and only stores the outcome. The channel does not retry: the shipper does.
 */
final class GrpcDestination implements Destination {

    /** How long the thread stays alive after the shutdown, for cleanup tasks of the channel. */
    private static final long QUIET_MS = 200;

    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    /** Headers of the transport's framing, which must not be set by users. */
    private static final Set<String> RESTRICTED = Set.of("te", "content-type", "user-agent", "host", "connection");

    private static final MethodDescriptor<RequestBody, byte[]> EXPORT =
            MethodDescriptor.<RequestBody, byte[]>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("opentelemetry.proto.collector.trace.v1.TraceService/Export")
                    .setRequestMarshaller(new Requests())
                    .setResponseMarshaller(new GrpcChannels.Responses())
                    .build();

    private final DestinationConfig config;
    private final Metadata headers;
    private final EventLoopGroup threads;
    private final ManagedChannel channel;
    private final CallOptions options;

    GrpcDestination(DestinationConfig config, TlsFiles tls) throws IOException {
        this.config = config;
        headers = metadata(config.headers());
        options = config.gzip() ? CallOptions.DEFAULT.withCompression("gzip") : CallOptions.DEFAULT;
        threads = new MultiThreadIoEventLoopGroup(1, this::newThread, NioIoHandler.newFactory());
        channel = GrpcChannels.newChannel(config.endpoint(), tls, threads, GrpcChannels.LONGEST_ANSWER);
    }

    private Thread newThread(Runnable work) {
        final Thread thread = new Thread(work, "kraken-bridge-grpc-" + config.name());
        thread.setDaemon(true);
        return thread;
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
    public DestinationConfig config() {
        return config;
    }

    @Override
    public RequestEncoder newEncoder() {
        return new DocumentEncoder();
    }

    @Override
    public Exchange send(ByteBuffer request) {
        final RequestBody body = new RequestBody(request);
        ClientCall<RequestBody, byte[]> call = null;
        try {
            // The shipper has its own backoff: reset the channel's, which would delay the attempt further.
            if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
            }
            call = channel.newCall(EXPORT, options.withDeadlineAfter(config.timeoutNs(), TimeUnit.NANOSECONDS));
            final Sent sent = new Sent(call, body);
            final Metadata own = new Metadata();
            own.merge(headers);
            call.start(sent, own);
            call.request(2); // a second response would show that the server violates the protocol
            call.sendMessage(body);
            call.halfClose();
            return sent;
        } catch (RuntimeException e) {
            body.giveUp();
            if (call != null) {
                call.cancel("could not be sent", e);
            }
            return new CompletedExchange(new Outcome(Verdict.RETRY, 0, 0, "local", OtlpAnswer.tame(e.toString())));
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        threads.shutdownGracefully(QUIET_MS, 10 * QUIET_MS, TimeUnit.MILLISECONDS);
    }

    /** A call in flight; the channel's thread sets the outcome, the destination's thread polls it. */
    private static final class Sent extends ClientCall.Listener<byte[]> implements Exchange {
        private final ClientCall<?, ?> call;
        private final RequestBody body;
        private volatile Outcome outcome;
        private boolean cancelled;
        private boolean serverResponded;
        private byte[] response = {};

        Sent(ClientCall<?, ?> call, RequestBody body) {
            this.call = call;
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
            body.giveUp();
            // A status of the server comes with trailers (at least a content type) or after headers.
            outcome = status.isOk()
                    ? taken(response)
                    : failed(status, serverResponded || !trailers.keys().isEmpty(), trailers.get(DETAILS));
        }

        @Override
        public Outcome outcome() {
            return cancelled ? null : outcome;
        }

        @Override
        public void cancel() {
            cancelled = true;
            body.giveUp();
            call.cancel("given up", null);
        }

        @Override
        public boolean isAtRest() {
            return body.isOver();
        }
    }

    private static Outcome taken(byte[] response) {
        final OtlpAnswer answer = OtlpAnswer.ofResponse(response);
        return new Outcome(Verdict.TAKEN, answer.rejected(), 0, "", OtlpAnswer.tame(answer.message()));
    }

    /**
     * The outcome of a failed call. Only a status that the server has sent can be a refusal. Without one, the
     * connection or the stream broke, and the library generates a code: mostly UNAVAILABLE, but UNKNOWN for a closed
     * channel, INTERNAL for a reset stream and for bytes that are not HTTP/2, CANCELLED or RESOURCE_EXHAUSTED for other
     * resets. All of these count as a lost connection and are retried.
     */
    private static Outcome failed(Status status, boolean serverResponded, byte[] details) {
        final Status.Code code = status.getCode();
        final String message = OtlpAnswer.tame(textOf(status));
        if (!serverResponded) {
            final String reason = code == Status.Code.DEADLINE_EXCEEDED ? "timeout" : "connection";
            return new Outcome(Verdict.RETRY, 0, 0, reason, message);
        }
        final long askedNs = details == null ? -1 : OtlpAnswer.retryInfoNs(details);
        final boolean retryable = code == Status.Code.RESOURCE_EXHAUSTED ? askedNs >= 0 : isRetryable(code);
        return new Outcome(
                retryable ? Verdict.RETRY : Verdict.REFUSED,
                0,
                retryable ? Math.max(0, askedNs) : 0,
                code.name(),
                message);
    }

    private static boolean isRetryable(Status.Code code) {
        switch (code) {
            case CANCELLED:
            case DEADLINE_EXCEEDED:
            case ABORTED:
            case OUT_OF_RANGE:
            case UNAVAILABLE:
            case DATA_LOSS:
                return true;
            default:
                return false;
        }
    }

    private static String textOf(Status status) {
        final StringBuilder text = new StringBuilder(status.getCode().name());
        if (status.getDescription() != null) {
            text.append(": ").append(status.getDescription());
        }
        if (status.getCause() != null) {
            text.append(" (").append(status.getCause()).append(')');
        }
        return text.toString();
    }

    // --- marshallers that pass bytes through

    private static final class Requests implements MethodDescriptor.Marshaller<RequestBody> {
        @Override
        public InputStream stream(RequestBody request) {
            return new RequestStream(request);
        }

        @Override
        public RequestBody parse(InputStream stream) {
            throw new UnsupportedOperationException("requests are only sent");
        }
    }

    /** The transport uses only its length and {@link #drainTo}. */
    private static final class RequestStream extends InputStream implements Drainable, KnownLength {
        private final RequestBody request;

        RequestStream(RequestBody request) {
            this.request = request;
        }

        @Override
        public int available() {
            return request.remaining();
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            return request.drainTo(target);
        }

        @Override
        public int read() throws IOException {
            throw new IOException("only drainTo is supported");
        }
    }
}
