package io.kraken.tracer.bridge.control;

import io.kraken.tracer.bridge.destination.TlsFiles;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A strategy source for Jaeger's remote sampling over HTTP: one JSON document for each service. */
final class HttpStrategies implements StrategySource {

    private final URI endpoint;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(StrategySources::newThread);
    private final HttpClient client;

    /** @param tls null without encryption */
    HttpStrategies(URI endpoint, TlsFiles tls) {
        this.endpoint = endpoint;
        final HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(thread);
        client = (tls == null ? builder : builder.sslContext(tls.context())).build();
    }

    @Override
    public Inquiry ask(String service) {
        final URI uri = URI.create(endpoint + "?service=" + URLEncoder.encode(service, StandardCharsets.UTF_8));
        final HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Accept", "application/json")
                .header("User-Agent", OtlpHttp.userAgent())
                .build();
        return new Sent(client.sendAsync(request, HttpStrategies::body));
    }

    private static BodySubscriber<byte[]> body(HttpResponse.ResponseInfo answer) {
        if (answer.statusCode() != 200) {
            return BodySubscribers.mapping(BodySubscribers.discarding(), nothing -> {
                throw new UncheckedIOException(new IOException("HTTP status " + answer.statusCode()));
            });
        }
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        return BodySubscribers.mapping(
                BodySubscribers.ofByteArrayConsumer(more -> more.ifPresent(some -> append(bytes, some))),
                nothing -> whole(bytes));
    }

    /** Keeps at most one byte beyond the limit, to detect a longer answer; an endless answer runs into the timeout. */
    private static void append(ByteArrayOutputStream bytes, byte[] more) {
        bytes.write(more, 0, Math.min(more.length, LONGEST_ANSWER + 1 - bytes.size()));
    }

    private static byte[] whole(ByteArrayOutputStream bytes) {
        if (bytes.size() > LONGEST_ANSWER) {
            throw new UncheckedIOException(new IOException("the answer is longer than " + LONGEST_ANSWER + " bytes"));
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private static final class Sent implements Inquiry {
        private final CompletableFuture<HttpResponse<byte[]>> answer;

        Sent(CompletableFuture<HttpResponse<byte[]>> answer) {
            this.answer = answer;
        }

        @Override
        public ControlWords answer() throws IOException {
            if (!answer.isDone()) {
                return null;
            }
            try {
                return SamplingAnswer.ofJson(answer.join().body());
            } catch (CompletionException | CancellationException e) {
                final Throwable cause = e.getCause() == null ? e : e.getCause();
                throw new IOException(
                        OtlpAnswer.tame(
                                cause instanceof UncheckedIOException
                                        ? cause.getCause().getMessage()
                                        : cause.toString()),
                        e);
            }
        }

        @Override
        public void cancel() {
            answer.cancel(true);
        }
    }
}
