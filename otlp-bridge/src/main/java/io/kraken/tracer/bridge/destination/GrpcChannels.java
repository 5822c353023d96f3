package io.kraken.tracer.bridge.destination;

import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.netty.channel.EventLoopGroup;
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
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** The factory of gRPC channels; they do not retry, the sender of a request does. */
public final class GrpcChannels {

    static final int LONGEST_ANSWER = 4 << 20;

    private static final int DEFAULT_PORT = 4317;
    private static final long KEEP_ALIVE_S = 30;

    private GrpcChannels() {}

    /** Creates a channel without retries that runs its callbacks on the given threads. */
    public static ManagedChannel newChannel(URI endpoint, TlsFiles tls, EventLoopGroup threads, int longestAnswer)
            throws IOException {
        final NettyChannelBuilder builder = NettyChannelBuilder.forAddress(
                endpoint.getHost(), endpoint.getPort() < 0 ? DEFAULT_PORT : endpoint.getPort());
        if (TlsFiles.isEncrypted(endpoint)) {
            builder.sslContext(sslContext(tls));
        } else {
            builder.usePlaintext();
        }
        // Pings only while a request is in flight: servers close connections that send pings when idle.
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
            throw new IOException("cannot set up TLS: " + e, e);
        }
    }

    /** Responses as bytes. The channel limits their length; the limit here is a second bound. */
    public static final class Responses implements MethodDescriptor.Marshaller<byte[]> {
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
