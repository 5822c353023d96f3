package io.kraken.tracer.http;

import io.kraken.tracer.Span;
import java.net.http.HttpResponse;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * The future of a response, or one that depends on it. Who cancels any of them cancels the call, as with the JDK's own
 * futures; those differ from one JDK to the next in what becomes of the future of the call itself. Here it is cancelled
 * as well, and the span ends, in any case.
 */
final class TracedCall<U> extends CompletableFuture<U> {

    /** This, for the future of the response. */
    private final TracedCall<?> first;
    /** The client's own; null for what depends on it. */
    private CompletableFuture<?> call;

    private volatile boolean cancelling;

    private TracedCall(TracedCall<?> first) {
        this.first = first == null ? this : first;
    }

    static <T> CompletableFuture<HttpResponse<T>> of(
            CompletableFuture<HttpResponse<T>> call, Span span, ClientSpans spans) {
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
        final boolean cancelled = super.cancel(mayInterruptIfRunning); // before the call tells it, as a failure
        if (mayInterruptIfRunning) {
            first.cancel(true);
        }
        return cancelled;
    }

    @Override
    public <V> CompletableFuture<V> newIncompleteFuture() {
        return new TracedCall<>(first);
    }

    private record Ending<T>(Span span, ClientSpans spans, TracedCall<HttpResponse<T>> future)
            implements BiConsumer<HttpResponse<T>, Throwable> {

        @Override
        public void accept(HttpResponse<T> response, Throwable failure) {
            // what fails because it is cancelled may say anything
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
