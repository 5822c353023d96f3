package io.kraken.tracer.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.kraken.tracer.ContextSnapshot;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;
import java.util.function.BiConsumer;

/**
 * A gRPC server interceptor that creates a span for each call, below the caller's, until the response is sent or the
 * call is cancelled. The span is current in all callbacks of the service, on whatever thread. Thread-safe.
 */
public final class ServerSpans implements ServerInterceptor {

    private final Tracer tracer;

    public ServerSpans(Tracer tracer) {
        this.tracer = tracer;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (!tracer.isPropagating()) {
            return next.startCall(call, headers);
        }
        final RemoteContext caller = tracer.propagation().extract(headers, GrpcMetadata.GETTER, new RemoteContext());
        final Span span = tracer.startDetached(call.getMethodDescriptor().getFullMethodName(), SpanKind.SERVER, caller);
        if (span == Span.NOOP) {
            return next.startCall(call, headers);
        }
        final Rpc rpc = new Rpc(span, call.getMethodDescriptor(), call.getAuthority());
        final Call<Q, A> seen = new Call<>(call);
        final Scope scope = span.makeCurrent();
        try {
            final ContextSnapshot here = tracer.snapshot();
            return new Requests<>(rpc, here, seen, next.startCall(seen, headers));
        } catch (Throwable e) {
            rpc.end(Status.UNKNOWN.withCause(e), true);
            throw e;
        } finally {
            scope.close();
        }
    }

    /** Keeps the status that the service returned. */
    private static final class Call<Q, A> extends SimpleForwardingServerCall<Q, A> {

        volatile Status answer = Status.OK;

        Call(ServerCall<Q, A> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            answer = status;
            super.close(status, trailers);
        }
    }

    private static final class Requests<Q> extends SimpleForwardingServerCallListener<Q> {

        private final Rpc rpc;
        private final ContextSnapshot here;
        private final Call<Q, ?> call;

        Requests(Rpc rpc, ContextSnapshot here, Call<Q, ?> call, ServerCall.Listener<Q> listener) {
            super(listener);
            this.rpc = rpc;
            this.here = here;
            this.call = call;
        }

        @Override
        public void onMessage(Q message) {
            run(ServerCall.Listener::onMessage, message);
        }

        @Override
        public void onHalfClose() {
            run((service, none) -> service.onHalfClose(), null);
        }

        @Override
        public void onReady() {
            run((service, none) -> service.onReady(), null);
        }

        /** gRPC sends UNKNOWN for any exception of the service. */
        private void run(BiConsumer<ServerCall.Listener<Q>, Q> callback, Q message) {
            try {
                Rpc.call(here, callback, delegate(), message);
            } catch (Throwable e) {
                rpc.end(Status.UNKNOWN.withCause(e), true);
                throw e;
            }
        }

        @Override
        public void onComplete() {
            last((service, none) -> service.onComplete(), call.answer);
        }

        @Override
        public void onCancel() {
            last((service, none) -> service.onCancel(), whyCancelled());
        }

        private void last(BiConsumer<ServerCall.Listener<Q>, Q> callback, Status status) {
            try {
                Rpc.call(here, callback, delegate(), null);
            } finally {
                rpc.end(status, Rpc.isServerError(status));
            }
        }

        /** The deadline was exceeded, or else the caller or the connection cancelled the call. */
        private static Status whyCancelled() {
            final Context context = Context.current();
            final Status why = context.isCancelled() ? Contexts.statusFromCancelled(context) : null;
            return why != null && why.getCode() == Status.Code.DEADLINE_EXCEEDED ? why : Status.CANCELLED;
        }
    }
}
