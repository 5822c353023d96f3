package io.kraken.tracer.ring;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
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
import java.util.concurrent.atomic.AtomicLong;
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
    private static final int SLICE = 64 << 10;
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

    /** Sends the bytes between position and limit, which must stay as they are until {@link Post#isAtRest}. */
    public Post post(ByteBuffer body) {
        final Body publisher = new Body(body);
        final HttpRequest request = template.copy().POST(publisher).build();
        return new Post(publisher, client.sendAsync(request, answer -> new LimitedBody()));
    }

    /** There is no other way to close a client before Java 21: its thread ends when nobody knows it any more. */
    public void close() {
        client = null;
    }

    private static Executor daemons() {
        final ThreadPoolExecutor threads =
                new ThreadPoolExecutor(2, 2, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    final Thread thread = new Thread(work, "kraken-tracer-http-" + THREADS.incrementAndGet());
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
        private final Body body;
        private final CompletableFuture<HttpResponse<byte[]>> answer;

        private Post(Body body, CompletableFuture<HttpResponse<byte[]>> answer) {
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
            final HttpResponse<byte[]> response = answer.join();
            return OtlpReply.of(
                    response.statusCode(),
                    response.headers().firstValue("Content-Type").orElse("").startsWith(PROTOBUF),
                    response.headers().firstValue("Retry-After").orElse(""),
                    response.body());
        }

        public void cancel() {
            body.abandoned = true;
            answer.cancel(true);
        }

        /** Whether the client is through with the body, or has never begun with it, so that it may be overwritten. */
        public boolean isAtRest() {
            return !body.begun || body.taken && answer.isDone() && !answer.isCompletedExceptionally();
        }
    }

    /**
     * A buffer as a request's body, handed over in slices as the connection takes them and never copied. A client that
     * wants to begin anew may. Once abandoned it hands over nothing more: its buffer may soon hold other spans.
     */
    private static final class Body implements HttpRequest.BodyPublisher {
        private final ByteBuffer bytes;
        private volatile boolean abandoned;
        private volatile boolean begun;
        private volatile boolean taken;

        Body(ByteBuffer bytes) {
            this.bytes = bytes.asReadOnlyBuffer();
        }

        @Override
        public long contentLength() {
            return bytes.remaining();
        }

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
            begun = true;
            taken = false;
            subscriber.onSubscribe(new Slices(this, bytes.duplicate(), subscriber));
        }
    }

    private static final class Slices implements Flow.Subscription {
        private final Body body;
        private final ByteBuffer rest;
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private final AtomicLong demand = new AtomicLong();
        private volatile boolean over;

        Slices(Body body, ByteBuffer rest, Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.body = body;
            this.rest = rest;
            this.subscriber = subscriber;
        }

        @Override
        public void request(long slices) {
            final long before = demand.getAndAccumulate(
                    Math.max(1, slices), (has, more) -> has > Long.MAX_VALUE - more ? Long.MAX_VALUE : has + more);
            if (before != 0) {
                return; // whoever made it more than 0 is delivering, perhaps this very thread further down
            }
            do {
                if (over) {
                    return; // with the demand left standing, so that nobody gets in here again
                }
                deliver();
            } while (demand.decrementAndGet() != 0);
        }

        private void deliver() {
            if (body.abandoned) {
                over = true;
                subscriber.onError(new IOException("the request was given up"));
                return;
            }
            final int length = Math.min(SLICE, rest.remaining());
            final ByteBuffer slice = rest.slice(rest.position(), length);
            rest.position(rest.position() + length);
            subscriber.onNext(slice);
            if (!rest.hasRemaining() && !over) {
                over = true;
                body.taken = true;
                subscriber.onComplete();
            }
        }

        @Override
        public void cancel() {
            over = true;
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
