package io.kraken.tracer.ring.otlp;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A transport for OTLP over HTTP, as protobuf. Sending returns at once. */
public final class OtlpHttp implements Transport {

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

    private final URI uri;
    private final HttpRequest.Builder template;
    private final BoundedHttpClient client;
    private final CopiedBody.Pieces pieces = new CopiedBody.Pieces();
    private final Set<Post> inFlight = new HashSet<>();

    /**
     * @param headers sent with every request; each must be accepted by {@link #isHeader}
     * @param gzip whether bodies are compressed before they are sent
     * @param tls trust store and client certificate; null for the JVM's default
     * @throws IllegalArgumentException when a header is invalid; the message contains its name, not its value
     */
    public OtlpHttp(URI uri, Map<String, String> headers, boolean gzip, TlsFiles tls) {
        this.uri = uri;
        client = new BoundedHttpClient(tls, MAX_RESPONSE_BYTES);
        template = HttpRequest.newBuilder(uri)
                .header("Content-Type", PROTOBUF)
                .header("Accept", PROTOBUF)
                .setHeader("User-Agent", userAgent());
        if (gzip) {
            template.header("Content-Encoding", GZIP);
        }
        headers.forEach(this::header);
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

    @Override
    public Exchange send(ByteBuffer request) {
        final CopiedBody body = new CopiedBody(request, pieces);
        try {
            final Post post =
                    new Post(body, client.send(template.copy().POST(body).build()));
            inFlight.add(post);
            return post;
        } catch (RuntimeException | OutOfMemoryError e) { // for example, when no thread can be started
            body.release();
            return new Completed(Outcome.failed("local", e.toString()));
        }
    }

    @Override
    public void close() {
        List.copyOf(inFlight).forEach(Post::cancel);
        client.close();
    }

    /** The user agent for every protocol: this product, followed by the one known to OTLP servers. */
    public static String userAgent() {
        final String version = OtlpHttp.class.getPackage().getImplementationVersion();
        return "kraken-tracer/" + (version == null ? "development" : version) + " OTel-OTLP-Exporter-Java/"
                + PROTO_VERSION;
    }

    private final class Post implements Exchange {
        private final CopiedBody body;
        private final CompletableFuture<HttpResponse<byte[]>> answer;
        private Outcome outcome;

        Post(CopiedBody body, CompletableFuture<HttpResponse<byte[]>> answer) {
            this.body = body;
            this.answer = answer;
        }

        @Override
        public Outcome outcome() {
            if (answer.isDone() && inFlight.remove(this)) {
                outcome = ended();
            }
            return outcome;
        }

        private Outcome ended() {
            body.release();
            try {
                final HttpResponse<byte[]> response = answer.join();
                body.recycle();
                return Outcome.ofHttp(
                        response.statusCode(),
                        response.headers().firstValue("Content-Type").orElse("").startsWith(PROTOBUF),
                        response.headers().firstValue("Retry-After").orElse(""),
                        response.body());
            } catch (CompletionException | CancellationException e) {
                return Outcome.failed("connection", String.valueOf(e.getCause() == null ? e : e.getCause()));
            }
        }

        @Override
        public void cancel() {
            if (inFlight.remove(this)) {
                body.release();
                answer.cancel(true);
            }
        }
    }
}
