package io.kraken.tracer.bridge.destination;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.TlsFiles;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/**
 * A gRPC channel to one server, with one thread. It does not retry, the sender of a request does. When the TLS files
 * have changed, calls are made over a new channel, while those in flight end on the previous one. Used by one thread.
 */
public final class GrpcChannel implements AutoCloseable {

    private static final int DEFAULT_PORT = 4317;
    private static final long KEEP_ALIVE_S = 30;
    /** How long the thread stays alive after the shutdown, for cleanup tasks of the channel. */
    private static final long QUIET_MS = 200;

    private final NettyChannelBuilder builder;
    private final EventLoopGroup threads;
    private final boolean encrypted;
    private final TlsFiles files;
    private SSLContext context;
    private ManagedChannel channel;

    /**
     * @param endpoint encrypted if its scheme is https or grpcs
     * @param tls null for the JVM's default
     * @param longestAnswer maximum length of a response in bytes
     * @throws IOException when a TLS file is missing or invalid; the message names it
     */
    public GrpcChannel(URI endpoint, DestinationConfig.Tls tls, String threadName, int longestAnswer)
            throws IOException {
        encrypted = endpoint.getScheme().endsWith("s");
        files = Destinations.tls(tls);
        final ThreadFactory factory = work -> {
            final Thread thread = new Thread(work, threadName);
            thread.setDaemon(true);
            return thread;
        };
        threads = new MultiThreadIoEventLoopGroup(1, factory, NioIoHandler.newFactory());
        builder = NettyChannelBuilder.forAddress(
                endpoint.getHost(), endpoint.getPort() < 0 ? DEFAULT_PORT : endpoint.getPort());
        if (!encrypted) {
            builder.usePlaintext();
        } else if (tls != null && tls.serverName() != null) {
            builder.overrideAuthority(tls.serverName());
        }
        // Pings only while a request is in flight: servers close connections that send pings when idle.
        builder.eventLoopGroup(threads)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .userAgent(OtlpHttp.userAgent())
                .maxInboundMessageSize(longestAnswer)
                .keepAliveTime(KEEP_ALIVE_S, TimeUnit.SECONDS)
                .disableRetry()
                .disableServiceConfigLookUp();
        current();
    }

    /** Starts a call; the channel's thread calls the listener. When this throws, the call is cancelled. */
    public <Q> ClientCall<Q, byte[]> call(
            MethodDescriptor<Q, byte[]> method,
            CallOptions options,
            Metadata headers,
            Q request,
            ClientCall.Listener<byte[]> listener) {
        final ManagedChannel current = current();
        // The sender has its own backoff: reset the channel's, which would delay the attempt further.
        if (current.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            current.resetConnectBackoff();
        }
        final ClientCall<Q, byte[]> call = current.newCall(method, options);
        try {
            call.start(listener, headers);
            call.request(2); // a second response would show that the server violates the protocol
            call.sendMessage(request);
            call.halfClose();
            return call;
        } catch (RuntimeException e) {
            call.cancel("could not be sent", e);
            throw e;
        }
    }

    private ManagedChannel current() {
        final SSLContext newest = encrypted ? newestContext() : null;
        if (channel == null || newest != context) {
            if (channel != null) {
                channel.shutdown();
            }
            context = newest;
            channel = (encrypted ? builder.sslContext(sslContext(newest)) : builder).build();
        }
        return channel;
    }

    private SSLContext newestContext() {
        try {
            return files == null ? SSLContext.getDefault() : files.context();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("cannot set up TLS: " + e, e);
        }
    }

    private static JdkSslContext sslContext(SSLContext context) {
        return new JdkSslContext(
                context,
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
    }

    /** Cancels all calls. */
    @Override
    public void close() {
        channel.shutdownNow();
        threads.shutdownGracefully(QUIET_MS, 10 * QUIET_MS, TimeUnit.MILLISECONDS);
    }

    /** Responses as bytes. The channel limits their length; the limit here is a second bound. */
    public static final class Responses implements MethodDescriptor.Marshaller<byte[]> {
        private static final int LONGEST = 4 << 20;

        @Override
        public InputStream stream(byte[] response) {
            throw new UnsupportedOperationException("responses are only received");
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readNBytes(LONGEST);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
