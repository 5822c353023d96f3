package io.kraken.tracer.rpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kraken.tracer.ContextSnapshot;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;

/**
 * A gRPC client interceptor that creates a span for each call, from its start to its status, and sends the span's
 * context. Callbacks of the call run under the span that was current when the call was started, on whatever thread.
 * Thread-safe.
 */
public final class ClientSpans implements ClientInterceptor {

    private final Tracer tracer;

    public ClientSpans(Tracer tracer) {
        this.tracer = tracer;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        final ClientCall<Q, A> call = next.newCall(method, options);
        return tracer.isPropagating() ? new Call<>(tracer, call, method, next.authority()) : call;
    }

    private static final class Call<Q, A> extends SimpleForwardingClientCall<Q, A> {

        private final Tracer tracer;
        private final MethodDescriptor<Q, A> method;
        private final String authority;

        Call(Tracer tracer, ClientCall<Q, A> call, MethodDescriptor<Q, A> method, String authority) {
            super(call);
            this.tracer = tracer;
            this.method = method;
            this.authority = authority;
        }

        @Override
        public void start(Listener<A> listener, Metadata headers) {
            final ContextSnapshot caller = tracer.snapshot();
            final Span span = tracer.startDetached(method.getFullMethodName(), SpanKind.CLIENT, caller);
            if (span == Span.NOOP) {
                tracer.propagation().inject(tracer.currentContext(), headers, GrpcMetadata.SETTER);
                super.start(listener, headers);
                return;
            }
            final Rpc rpc = new Rpc(span, method, authority);
            tracer.propagation().inject(span, headers, GrpcMetadata.SETTER);
            try {
                super.start(new Answers<>(rpc, caller, listener), headers);
            } catch (Throwable e) {
                rpc.end(Status.UNKNOWN.withCause(e), true);
                throw e;
            }
        }
    }

    private static final class Answers<A> extends SimpleForwardingClientCallListener<A> {

        private final Rpc rpc;
        private final ContextSnapshot caller;

        Answers(Rpc rpc, ContextSnapshot caller, ClientCall.Listener<A> listener) {
            super(listener);
            this.rpc = rpc;
            this.caller = caller;
        }

        @Override
        public void onHeaders(Metadata headers) {
            Rpc.call(caller, ClientCall.Listener::onHeaders, delegate(), headers);
        }

        @Override
        public void onMessage(A message) {
            Rpc.call(caller, ClientCall.Listener::onMessage, delegate(), message);
        }

        @Override
        public void onReady() {
            Rpc.call(caller, (listener, none) -> listener.onReady(), delegate(), null);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            rpc.end(status, Rpc.isClientError(status));
            final Scope scope = caller.makeCurrent();
            try {
                super.onClose(status, trailers);
            } finally {
                scope.close();
            }
        }
    }
}
