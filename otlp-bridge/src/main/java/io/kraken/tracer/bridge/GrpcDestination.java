package io.kraken.tracer.bridge;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * OTLP over gRPC. The requests have been encoded already: they go to the transport as they are. One channel with one
 * thread, on which answers are read; nothing but a flag is set there. The channel tries nothing again by itself, that
 * is the shipper's.
 */
final class GrpcDestination implements Destination {

    private static final int LONGEST_ANSWER = 4 << 20;
    private static final int DEFAULT_PORT = 4317;
    private static final long KEEP_ALIVE_S = 30;
    /** How long the thread stays for what a channel that was cut off still wants to tidy up. */
    private static final long QUIET_MS = 200;

    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    /** Headers that say how a request is framed, which only the transport knows. */
    private static final Set<String> RESTRICTED = Set.of("te", "content-type", "user-agent", "host", "connection");

    private static final MethodDescriptor<RequestBody, byte[]> EXPORT =
            MethodDescriptor.<RequestBody, byte[]>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("opentelemetry.proto.collector.trace.v1.TraceService/Export")
                    .setRequestMarshaller(new Requests())
                    .setResponseMarshaller(new Responses())
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
        channel = newChannel(config.endpoint(), tls, threads, LONGEST_ANSWER);
    }

    /** Tries nothing again by itself, and keeps its callbacks on the threads that are given. */
    static ManagedChannel newChannel(URI endpoint, TlsFiles tls, EventLoopGroup threads, int longestAnswer)
            throws IOException {
        final NettyChannelBuilder builder = NettyChannelBuilder.forAddress(
                endpoint.getHost(), endpoint.getPort() < 0 ? DEFAULT_PORT : endpoint.getPort());
        if (Destinations.isEncrypted(endpoint)) {
            builder.sslContext(sslContext(tls));
        } else {
            builder.usePlaintext();
        }
        // Pings only while somebody waits for an answer: servers cut off who sends them for nothing.
        return builder.eventLoopGroup(threads)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .userAgent(OtlpHttp.userAgent())
                .maxInboundMessageSize(longestAnswer)
                .keepAliveTime(KEEP_ALIVE_S, TimeUnit.SECONDS)
                .disableRetry()
                .disableServiceConfigLookUp()
                .build();
    }

    private Thread newThread(Runnable work) {
        final Thread thread = new Thread(work, "kraken-bridge-grpc-" + config.name());
        thread.setDaemon(true);
        return thread;
    }

    private static SslContext sslContext(TlsFiles tls) throws IOException {
        try {
            if (tls == null) {
                return GrpcSslContexts.forClient().sslProvider(SslProvider.JDK).build();
            }
            return new JdkSslContext(
                    tls.context(),
                    true,
                    Http2SecurityUtil.CIPHERS,
                    SupportedCipherSuiteFilter.INSTANCE,
                    new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            "h2"),
                    ClientAuth.NONE,
                    new String[] {"TLSv1.3", "TLSv1.2"},
                    false);
        } catch (SSLException e) {
            throw new IOException("TLS can't be set up: " + e, e);
        }
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
                        "'" + OtlpAnswer.tame(given) + "' is not a header that can be set, or has such a value");
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
            // The shipper has waited as long as it thinks right: the channel's own, longer and longer waits are undone.
            if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
            }
            call = channel.newCall(EXPORT, options.withDeadlineAfter(config.timeoutNs(), TimeUnit.NANOSECONDS));
            final Sent sent = new Sent(call, body);
            final Metadata own = new Metadata();
            own.merge(headers);
            call.start(sent, own);
            call.request(2); // the second would show a server that breaks the protocol
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

    /** A call under way; the channel's thread says how it ends, the destination's looks. */
    private static final class Sent extends ClientCall.Listener<byte[]> implements Exchange {
        private final ClientCall<?, ?> call;
        private final RequestBody body;
        private volatile Outcome outcome;
        private boolean cancelled;
        private boolean spoke;
        private byte[] response = {};

        Sent(ClientCall<?, ?> call, RequestBody body) {
            this.call = call;
            this.body = body;
        }

        @Override
        public void onHeaders(Metadata given) {
            spoke = true;
        }

        @Override
        public void onMessage(byte[] message) {
            response = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            body.giveUp();
            // What a server says has at least a content type with it, or came after headers.
            outcome = status.isOk()
                    ? taken(response)
                    : failed(status, spoke || !trailers.keys().isEmpty(), trailers.get(DETAILS));
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
        final OtlpAnswer said = OtlpAnswer.ofResponse(response);
        return new Outcome(Verdict.TAKEN, said.rejected(), 0, "", OtlpAnswer.tame(said.message()));
    }

    /**
     * Only a server that has spoken can refuse. Where it has not, the connection or the stream broke, and the library
     * makes up a code: UNAVAILABLE mostly, but UNKNOWN for a channel that was closed already, INTERNAL for a stream
     * that was reset and for bytes that are no HTTP/2, CANCELLED or RESOURCE_EXHAUSTED for other resets. All of these
     * are lost connections to us, and nobody has said that the spans are not wanted.
     */
    private static Outcome failed(Status status, boolean spoke, byte[] details) {
        final Status.Code code = status.getCode();
        final String message = OtlpAnswer.tame(textOf(status));
        if (!spoke) {
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

    // --- bytes as they are

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

    /** What the transport asks for is the length, and to be written to. */
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
            throw new IOException("is drained, never read");
        }
    }

    /** As they are; how long they may be is the channel's to say, this is only a bound. */
    static final class Responses implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] response) {
            throw new UnsupportedOperationException("responses are only received");
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readNBytes(LONGEST_ANSWER);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
