package io.kraken.tracer.ring;

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
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * The HTTP side of OTLP: how bodies get to a backend and answers back. Posting returns at once; the JDK's client does
 * the rest on two daemon threads. HTTP/1.1 only, and no redirect is followed: spans and their headers go where the
 * settings say, nowhere else.
 */
public final class OtlpHttp {

    static final String PROTOBUF = "application/x-protobuf";
    static final String GZIP = "gzip";

    /** What comes behind the address of a backend. */
    public static final String PATH = "/v1/traces";

    private static final String PROTO_VERSION = "1.11.0";
    private static final int LONGEST_ANSWER = 4 << 20;
    /** Headers that say how a request is framed, which only the client knows. */
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
    private HttpClient client;

    /**
     * @param headers sent with every request, each of them one that {@link #isHeader} accepts
     * @param gzip whether bodies are compressed before they are posted
     * @param tls whom to believe and who we are; null for what the JVM has
     * @throws IllegalArgumentException when a header can't be one; the message holds its name, not its value
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
                .executor(daemons());
        client = (tls == null ? builder : builder.sslContext(tls)).build();
    }

    private void header(String name, String value) {
        if (!isHeader(name, value)) {
            throw new IllegalArgumentException("'" + name + "' is not a header that can be set, or has such a value");
        }
        template.setHeader(name, value);
    }

    /** Whether a user may set it: the client has its own check, against line ends in particular. */
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

    URI uri() {
        return uri;
    }

    /**
     * Sends the bytes between position and limit. They must stay as they are until {@link Post#reply} or {@link
     * Post#cancel} has returned; from then on nobody reads them, whatever has become of the request.
     */
    public Post post(ByteBuffer body) {
        final CopiedBody publisher = new CopiedBody(body, pieces);
        final HttpRequest request = template.copy().POST(publisher).build();
        try {
            return new Post(publisher, client.sendAsync(request, answer -> new LimitedBody()));
        } catch (RuntimeException | Error e) {
            publisher.letGo();
            throw e;
        }
    }

    /** There is no other way to close a client before Java 21: its thread ends when nobody knows it any more. */
    public void close() {
        client = null;
    }

    private static Executor daemons() {
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

    /** Who we are, for every protocol: our product in front of the one that OTLP's servers know. */
    public static String userAgent() {
        final String version = OtlpHttp.class.getPackage().getImplementationVersion();
        return "kraken-tracer/" + (version == null ? "development" : version) + " OTel-OTLP-Exporter-Java/"
                + PROTO_VERSION;
    }

    /** A request on its way. */
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
         * What came back.
         *
         * @throws CompletionException what went wrong instead
         */
        public OtlpReply reply() {
            body.letGo();
            final HttpResponse<byte[]> response = answer.join();
            body.recycle();
            return OtlpReply.of(
                    response.statusCode(),
                    response.headers().firstValue("Content-Type").orElse("").startsWith(PROTOBUF),
                    response.headers().firstValue("Retry-After").orElse(""),
                    response.body());
        }

        public void cancel() {
            body.letGo();
            answer.cancel(true);
        }
    }

    /** The bytes of an answer, or null, and the end of the connection, when there are too many of them. */
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
                if (bytes.size() + buffer.remaining() > LONGEST_ANSWER) {
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
