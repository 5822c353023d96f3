package io.kraken.tracer.ring.otlp;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * An OTLP client over HTTP. Posting returns at once; the JDK's client does the rest on two daemon threads. It uses
 * HTTP/1.1 only and follows no redirect: spans and their headers are sent to the configured address only.
 */
public final class OtlpHttp {

    public static final String PROTOBUF = "application/x-protobuf";
    public static final String GZIP = "gzip";

    /** Path that is appended to the address of a backend. */
    public static final String PATH = "/v1/traces";

    private static final String PROTO_VERSION = "1.11.0";
    private static final int MAX_RESPONSE_BYTES = 4 << 20;
    /** Headers that describe the framing of a request, which only the client knows. */
    private static final Set<String> RESTRICTED = Set.of(
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
            "transfer-encoding",
            "upgrade");

    private static final AtomicInteger THREADS = new AtomicInteger();

    private final URI uri;
    private final HttpRequest.Builder template;
    private final CopiedBody.Pieces pieces = new CopiedBody.Pieces();
    private final ThreadPoolExecutor threads = daemons();
    private HttpClient client;

    /**
     * @param headers sent with every request; each must be accepted by {@link #isHeader}
     * @param gzip whether bodies are compressed before they are posted
     * @param tls trust store and client certificate; null for the JVM's default
     * @throws IllegalArgumentException when a header is invalid; the message contains its name, not its value
     */
    public OtlpHttp(URI uri, Map<String, String> headers, boolean gzip, SSLContext tls) {
        this.uri = uri;
        template = HttpRequest.newBuilder(uri)
                .header("Content-Type", PROTOBUF)
                .header("Accept", PROTOBUF)
                .setHeader("User-Agent", userAgent());
        if (gzip) {
            template.header("Content-Encoding", GZIP);
        }
        headers.forEach(this::header);
        final HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads);
        client = (tls == null ? builder : builder.sslContext(tls)).build();
    }

    private void header(String name, String value) {
        if (!isHeader(name, value)) {
            throw new IllegalArgumentException("'" + name + "' can't be set as a header, or its value is invalid");
        }
        template.setHeader(name, value);
    }

    /** Whether a user may set this header: the client's own check rejects line ends in particular. */
    public static boolean isHeader(String name, String value) {
        if (name.isEmpty() || RESTRICTED.contains(name.toLowerCase(Locale.ROOT))) {
            return false;
        }
        try {
            HttpRequest.newBuilder().header(name, value);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    public URI uri() {
        return uri;
    }

    /**
     * Sends the bytes between position and limit. They must not be changed until {@link Post#reply} or {@link
     * Post#cancel} has returned; afterwards they are no longer read, whatever the state of the request.
     */
    public Post post(ByteBuffer body) {
        final CopiedBody publisher = new CopiedBody(body, pieces);
        final HttpRequest request = template.copy().POST(publisher).build();
        try {
            return new Post(publisher, client.sendAsync(request, answer -> new LimitedBody()));
        } catch (RuntimeException | Error e) {
            publisher.release();
            throw e;
        }
    }

    /**
     * Releases the client, whose thread ends once it is unreachable: before Java 21 there is no other way to close it.
     * Its other threads end as soon as they are idle, so that a service that was redeployed can be unloaded.
     */
    public void close() {
        client = null;
        threads.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
    }

    private static ThreadPoolExecutor daemons() {
        final ThreadPoolExecutor threads =
                new ThreadPoolExecutor(2, 2, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    final Thread thread =
                            new Thread(null, work, "kraken-tracer-http-" + THREADS.incrementAndGet(), 0, false);
                    thread.setDaemon(true);
                    thread.setContextClassLoader(OtlpHttp.class.getClassLoader());
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /** The user agent for every protocol: this product, followed by the one known to OTLP servers. */
    public static String userAgent() {
        final String version = OtlpHttp.class.getPackage().getImplementationVersion();
        return "kraken-tracer/" + (version == null ? "development" : version) + " OTel-OTLP-Exporter-Java/"
                + PROTO_VERSION;
    }

    /** A request in flight. */
    public static final class Post {
        private final CopiedBody body;
        private final CompletableFuture<HttpResponse<byte[]>> answer;

        private Post(CopiedBody body, CompletableFuture<HttpResponse<byte[]>> answer) {
            this.body = body;
            this.answer = answer;
        }

        public boolean isDone() {
            return answer.isDone();
        }

        /**
         * The response.
         *
         * @throws CompletionException when the request failed; its cause is the failure
         */
        public OtlpReply reply() {
            body.release();
            final HttpResponse<byte[]> response = answer.join();
            body.recycle();
            return OtlpReply.of(
                    response.statusCode(),
                    response.headers().firstValue("Content-Type").orElse("").startsWith(PROTOBUF),
                    response.headers().firstValue("Retry-After").orElse(""),
                    response.body());
        }

        public void cancel() {
            body.release();
            answer.cancel(true);
        }
    }

    /** The body of a response; null when it exceeds the limit, in which case the connection is closed. */
    private static final class LimitedBody implements HttpResponse.BodySubscriber<byte[]> {
        private final CompletableFuture<byte[]> result = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        private Flow.Subscription subscription;

        @Override
        public CompletionStage<byte[]> getBody() {
            return result;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            given.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                if (result.isDone()) {
                    return;
                }
                if (bytes.size() + buffer.remaining() > MAX_RESPONSE_BYTES) {
                    subscription.cancel();
                    result.complete(null);
                    return;
                }
                final byte[] copy = new byte[buffer.remaining()];
                buffer.get(copy);
                bytes.write(copy, 0, copy.length);
            }
        }

        @Override
        public void onError(Throwable problem) {
            result.completeExceptionally(problem);
        }

        @Override
        public void onComplete() {
            result.complete(bytes.toByteArray());
        }
    }
}
