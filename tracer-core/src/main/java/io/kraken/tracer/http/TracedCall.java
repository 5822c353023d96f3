package io.kraken.tracer.http;

import io.kraken.tracer.Span;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * The future of a response, or one that depends on it. Who cancels any of them cancels the call, as with the JDK's own
 * futures. Those complete what depends on them when they are cancelled, but not always what they depend on themselves:
 * so the call's own future is cancelled, and the span ends in any case.
 */
final class TracedCall<U> extends CompletableFuture<U> {

    private final CompletableFuture<?> call;
    private final boolean first;

    private TracedCall(CompletableFuture<?> call, boolean first) {
        this.call = call;
        this.first = first;
    }

    static <T> CompletableFuture<HttpResponse<T>> of(CompletableFuture<HttpResponse<T>> call, Span span) {
        final TracedCall<HttpResponse<T>> future = new TracedCall<>(call, true);
        call.whenComplete(new Ending<>(span, future));
        return future;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (first) {
            call.cancel(mayInterruptIfRunning);
            return super.cancel(mayInterruptIfRunning);
        }
        final boolean cancelled = super.cancel(mayInterruptIfRunning); // before it is told by the call, as a failure
        if (mayInterruptIfRunning) {
            call.cancel(true);
        }
        return cancelled;
    }

    @Override
    public <V> CompletableFuture<V> newIncompleteFuture() {
        return new TracedCall<>(call, false);
    }

    private record Ending<T>(Span span, CompletableFuture<HttpResponse<T>> future)
            implements BiConsumer<HttpResponse<T>, Throwable> {

        @Override
        public void accept(HttpResponse<T> response, Throwable thrown) {
            ClientSpans.finish(span, response, thrown);
            span.end();
            if (thrown == null) {
                future.complete(response);
            } else {
                future.completeExceptionally(thrown);
            }
        }
    }
}
