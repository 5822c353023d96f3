package io.kraken.tracer.rpc;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kraken.tracer.ContextSnapshot;
import io.kraken.tracer.Key;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.http.Authority;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/** The span of one gRPC call, ended once, by the first thread that knows the status. Thread-safe. */
final class Rpc {

    private static final Key.StringKey SYSTEM = Key.ofString("rpc.system");
    private static final Key.StringKey SERVICE = Key.ofString("rpc.service");
    private static final Key.StringKey METHOD = Key.ofString("rpc.method");
    private static final Key.LongKey CODE = Key.ofLong("rpc.grpc.status_code");
    private static final Key.StringKey ERROR_TYPE = Key.ofString("error.type");

    final Span span;
    private final AtomicBoolean ended = new AtomicBoolean();

    Rpc(Span span, MethodDescriptor<?, ?> method, String authority) {
        this.span = span;
        span.set(SYSTEM, "grpc").set(METHOD, method.getBareMethodName());
        if (method.getServiceName() != null) {
            span.set(SERVICE, method.getServiceName());
        }
        Authority.of(authority).set(span);
    }

    void end(Status status, boolean error) {
        if (ended.compareAndSet(false, true)) {
            span.set(CODE, status.getCode().value());
            if (error) {
                span.set(ERROR_TYPE, status.getCode().name());
                span.error(status.getDescription());
            }
            if (error && status.getCause() != null) {
                span.exception(status.getCause());
            }
            span.end();
        }
    }

    /** Calls a listener in a context. The callback should not capture anything: then this allocates nothing. */
    static <L, T> void call(ContextSnapshot context, BiConsumer<L, T> callback, L listener, T argument) {
        final Scope scope = context.makeCurrent();
        try {
            callback.accept(listener, argument);
        } finally {
            scope.close();
        }
    }

    /** On a client every status but OK is an error. */
    static boolean isClientError(Status status) {
        return !status.isOk();
    }

    /** On a server only those statuses are errors that the caller has not caused. */
    static boolean isServerError(Status status) {
        return switch (status.getCode()) {
            case UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
            default -> false;
        };
    }
}
