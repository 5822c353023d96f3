package io.kraken.tracer.ring;

import io.kraken.tracer.Setting;
import io.kraken.tracer.TracerConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The HTTP side of the OTLP sink: where requests go, what their headers say, how bodies get there and back. Posting
 * returns at once; the JDK's client does the rest on two daemon threads. HTTP/1.1 only, and no redirect is followed:
 * spans and their headers go where the settings say, nowhere else.
 */
final class OtlpHttp {

    static final String PROTOBUF = "application/x-protobuf";
    static final String GZIP = "gzip";

    private static final String PATH = "/v1/traces";
    private static final String PROTO_VERSION = "1.11.0";
    private static final int LONGEST_ANSWER = 4 << 20;
    private static final int SLICE = 64 << 10;
    private static final int MAX_PORT = 0xFFFF;
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

    OtlpHttp(TracerConfig config) {
        uri = endpoint(config);
        template = HttpRequest.newBuilder(uri)
                .header("Content-Type", PROTOBUF)
                .header("Accept", PROTOBUF)
                .setHeader("User-Agent", userAgent());
        if (config.get(ExportSettings.OTLP_COMPRESSION).equals(GZIP)) {
            template.header("Content-Encoding", GZIP);
        }
        addHeaders(config);
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(daemons())
                .build();
    }

    URI uri() {
        return uri;
    }

    /** Sends the bytes between position and limit, which must stay as they are until {@link Post#isAtRest}. */
    Post post(ByteBuffer body) {
        final Body publisher = new Body(body);
        final HttpRequest request = template.copy().POST(publisher).build();
        return new Post(publisher, client.sendAsync(request, answer -> new LimitedBody()));
    }

    /** There is no other way to close a client before Java 21: its thread ends when nobody knows it any more. */
    void close() {
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

    // --- what the settings say

    private static String userAgent() {
        final String version = OtlpHttp.class.getPackage().getImplementationVersion();
        return "kraken-tracer/" + (version == null ? "development" : version) + " OTel-OTLP-Exporter-Java/"
                + PROTO_VERSION;
    }

    private static URI endpoint(TracerConfig config) {
        final String own = config.get(ExportSettings.OTLP_TRACES_ENDPOINT).strip();
        final URI ownUri = own.isEmpty() ? null : parse(own, "", ExportSettings.OTLP_TRACES_ENDPOINT, config);
        if (ownUri != null) {
            return ownUri;
        }
        final URI base =
                parse(config.get(ExportSettings.OTLP_ENDPOINT).strip(), PATH, ExportSettings.OTLP_ENDPOINT, config);
        return base != null ? base : URI.create(ExportSettings.OTLP_ENDPOINT.byDefault() + PATH);
    }

    private static URI parse(String text, String path, Setting<String> setting, TracerConfig config) {
        String problem;
        try {
            final URI given = new URI(text);
            final String scheme = String.valueOf(given.getScheme()).toLowerCase(Locale.ROOT);
            problem = !scheme.equals("http") && !scheme.equals("https")
                    ? "does not begin with http:// or https://"
                    : given.getHost() == null || given.getPort() > MAX_PORT ? "has no proper host and port" : "";
            if (problem.isEmpty()) {
                if (given.getRawUserInfo() != null) {
                    config.warn(setting + " holds a user name, which is left out; "
                            + ExportSettings.OTLP_HEADERS.property() + " can carry credentials");
                }
                return assemble(given, scheme, path);
            }
        } catch (java.net.URISyntaxException e) {
            problem = "is no URI";
        }
        config.warn(setting + " " + problem + "; it is not used");
        return null;
    }

    private static URI assemble(URI given, String scheme, String path) {
        final String before = given.getRawPath() == null ? "" : given.getRawPath();
        final boolean doubled = before.endsWith("/") && path.startsWith("/");
        return URI.create(scheme + "://" + given.getHost() + (given.getPort() < 0 ? "" : ":" + given.getPort())
                + (doubled ? before.substring(0, before.length() - 1) : before) + path
                + (given.getRawQuery() == null ? "" : "?" + given.getRawQuery()));
    }

    private void addHeaders(TracerConfig config) {
        for (String pair : config.get(ExportSettings.OTLP_HEADERS).split(",")) {
            final int at = pair.indexOf('=');
            if (pair.isBlank()) {
                continue;
            }
            final String name = at < 0 ? "" : pair.substring(0, at).strip();
            if (name.isEmpty() || RESTRICTED.contains(name.toLowerCase(Locale.ROOT))) {
                warnOfHeader(config, name, "is not a header that can be set");
                continue;
            }
            try {
                template.setHeader(name, decode(pair.substring(at + 1).strip()));
            } catch (IllegalArgumentException e) { // also the client's own check, against line ends in particular
                warnOfHeader(config, name, "has a name or a value that no header can have");
            }
        }
    }

    /** Values are secrets: they are never shown. */
    private static void warnOfHeader(TracerConfig config, String name, String problem) {
        config.warn(ExportSettings.OTLP_HEADERS + ": '" + Waterfall.clean(name) + "' " + problem + " and is left out");
    }

    private static String decode(String value) {
        return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** A request on its way. */
    static final class Post {
        private final Body body;
        private final CompletableFuture<HttpResponse<byte[]>> answer;

        Post(Body body, CompletableFuture<HttpResponse<byte[]>> answer) {
            this.body = body;
            this.answer = answer;
        }

        boolean isDone() {
            return answer.isDone();
        }

        /** What came back, its body null when it was longer than anybody may answer; throws what went wrong instead. */
        HttpResponse<byte[]> answer() {
            return answer.join();
        }

        void cancel() {
            body.abandoned = true;
            answer.cancel(true);
        }

        /** Whether the client is through with the body, or has never begun with it, so that it may be overwritten. */
        boolean isAtRest() {
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
