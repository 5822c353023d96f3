package io.kraken.tracer.bridge.control;

import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.ring.otlp.BoundedHttpClient;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.TlsFiles;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A strategy source for Jaeger's remote sampling over HTTP: one JSON document for each service. */
final class HttpStrategies implements StrategySource {

    private final URI endpoint;
    private final BoundedHttpClient client;

    /** @param tls null without encryption */
    HttpStrategies(URI endpoint, TlsFiles tls) {
        this.endpoint = endpoint;
        client = new BoundedHttpClient(tls, LONGEST_ANSWER);
    }

    @Override
    public Inquiry ask(String service) {
        final URI uri = URI.create(endpoint + "?service=" + URLEncoder.encode(service, StandardCharsets.UTF_8));
        final HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Accept", "application/json")
                .header("User-Agent", OtlpHttp.userAgent())
                .build();
        return new Sent(client.send(request));
    }

    @Override
    public void close() {
        client.close();
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
            final HttpResponse<byte[]> response;
            try {
                response = answer.join();
            } catch (CompletionException | CancellationException e) {
                throw new IOException(OtlpAnswer.tame(String.valueOf(e.getCause() == null ? e : e.getCause())), e);
            }
            if (response.statusCode() != 200) {
                throw new IOException("HTTP status " + response.statusCode());
            }
            if (response.body() == null) {
                throw new IOException("the answer is longer than " + LONGEST_ANSWER + " bytes");
            }
            return SamplingAnswer.ofJson(response.body());
        }

        @Override
        public void cancel() {
            answer.cancel(true);
        }
    }
}
