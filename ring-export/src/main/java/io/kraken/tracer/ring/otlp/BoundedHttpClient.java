package io.kraken.tracer.ring.otlp;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/**
 * The JDK's HTTP client, limited: it uses HTTP/1.1 only, follows no redirect, so that requests and their headers are
 * sent to the given address only, and bounds the length of responses. Its work is done on two daemon threads. When the
 * TLS files have changed, requests are sent over new connections of a new client, while those in flight end on the
 * previous one. Used by one thread.
 */
public final class BoundedHttpClient implements AutoCloseable {

    private static final AtomicInteger THREADS = new AtomicInteger();

    private final TlsFiles tls;
    private final int mostResponseBytes;
    private final ThreadPoolExecutor threads = daemons();
    private SSLContext context;
    private HttpClient client;
    private boolean closed;

    /** @param tls trust store and client certificate; null for the JVM's default */
    public BoundedHttpClient(TlsFiles tls, int mostResponseBytes) {
        this.tls = tls;
        this.mostResponseBytes = mostResponseBytes;
    }

    /** Sends a request. The body of the response is null if it exceeds the limit; the connection is closed then. */
    public CompletableFuture<HttpResponse<byte[]>> send(HttpRequest request) {
        if (closed) {
            throw new IllegalStateException("the client is closed");
        }
        final SSLContext newest = tls == null ? null : tls.context();
        if (client == null || newest != context) {
            context = newest;
            final HttpClient.Builder builder = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .executor(threads);
            client = (newest == null ? builder : builder.sslContext(newest)).build();
        }
        return client.sendAsync(request, answer -> new LimitedBody(mostResponseBytes));
    }

    /**
     * Releases the client, whose thread ends once it is unreachable: before Java 21 there is no other way to close it.
     * Its other threads end as soon as they are idle, so that a service that was redeployed can be unloaded.
     */
    @Override
    public void close() {
        closed = true;
        client = null;
        threads.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
    }

    private static ThreadPoolExecutor daemons() {
        final ThreadPoolExecutor threads =
                new ThreadPoolExecutor(2, 2, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    final Thread thread =
                            new Thread(null, work, "kraken-tracer-http-" + THREADS.incrementAndGet(), 0, false);
                    thread.setDaemon(true);
                    thread.setContextClassLoader(BoundedHttpClient.class.getClassLoader());
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private static final class LimitedBody implements HttpResponse.BodySubscriber<byte[]> {
        private final int most;
        private final CompletableFuture<byte[]> result = new CompletableFuture<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        private Flow.Subscription subscription;

        LimitedBody(int most) {
            this.most = most;
        }

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
                if (bytes.size() + buffer.remaining() > most) {
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
