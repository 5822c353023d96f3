package io.kraken.tracer.http;

import io.kraken.tracer.Span;
import java.net.http.HttpResponse;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * The future of a response, or one derived from it. Cancelling any of them cancels the call, as with the JDK's own
 * futures; JDKs differ in what happens to the future of the call itself. Here it is always cancelled as well, and the
 * span ends.
 */
final class TracedCall<U> extends CompletableFuture<U> {

    /** The future of the response, which may be this one. */
    private final TracedCall<?> first;
    /** The client's future; null for a derived one. */
    private CompletableFuture<?> call;

    private volatile boolean cancelling;

    private TracedCall(TracedCall<?> first) {
        this.first = first == null ? this : first;
    }

    static <T> CompletableFuture<HttpResponse<T>> of(
            CompletableFuture<HttpResponse<T>> call, Span span, HttpClientSpans spans) {
        final TracedCall<HttpResponse<T>> future = new TracedCall<>(null);
        future.call = call;
        call.whenComplete(new Ending<>(span, spans, future));
        return future;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (first == this) {
            cancelling = true;
            call.cancel(mayInterruptIfRunning);
            return super.cancel(mayInterruptIfRunning);
        }
        final boolean cancelled = super.cancel(mayInterruptIfRunning); // before the call completes it exceptionally
        if (mayInterruptIfRunning) {
            first.cancel(true);
        }
        return cancelled;
    }

    @Override
    public <V> CompletableFuture<V> newIncompleteFuture() {
        return new TracedCall<>(first);
    }

    private record Ending<T>(Span span, HttpClientSpans spans, TracedCall<HttpResponse<T>> future)
            implements BiConsumer<HttpResponse<T>, Throwable> {

        @Override
        public void accept(HttpResponse<T> response, Throwable failure) {
            // a cancelled call may fail with any exception
            final Throwable thrown = failure != null && future.cancelling ? new CancellationException() : failure;
            spans.finish(span, response, thrown);
            span.end();
            if (thrown == null) {
                future.complete(response);
            } else {
                future.completeExceptionally(thrown);
            }
        }
    }
}
