package io.kraken.tracer.http;

import io.kraken.tracer.Tracer;

/** How requests are traced: what the filters and the client have in common. Immutable. */
public final class HttpTracing {

    final Tracer tracer;
    final PathRules silent;
    final boolean queries;
    final boolean brief;
    /** Null when nobody's word is taken for who asks. */
    final Proxy proxy;

    private HttpTracing(Tracer tracer, PathRules silent, boolean queries, boolean brief, Proxy proxy) {
        this.tracer = tracer;
        this.silent = silent;
        this.queries = queries;
        this.brief = brief;
        this.proxy = proxy;
    }

    /** Every request, with its query. */
    public static HttpTracing of(Tracer tracer) {
        return new HttpTracing(tracer, PathRules.NONE, true, false, null);
    }

    /**
     * Requests to these paths, and to all below them, have no spans, and none of their headers is read or written. A
     * star is any run of characters within a segment: {@code /health}, {@code /namespace/*}{@code /blobs/*}. Takes the
     * place of those given before.
     */
    public HttpTracing without(String... paths) {
        return new HttpTracing(tracer, PathRules.of(paths), queries, brief, proxy);
    }

    /**
     * Whether queries are recorded. In those that are, the values of signatures and keys as the conventions list them
     * are not.
     */
    public HttpTracing queries(boolean recorded) {
        return new HttpTracing(tracer, silent, recorded, brief, proxy);
    }

    /**
     * Spans have only the attributes that the conventions require, none of those that they recommend: nothing of the
     * protocol's version, and on a server nothing of who asks and by what name.
     */
    public HttpTracing brief() {
        return new HttpTracing(tracer, silent, queries, true, proxy);
    }

    /**
     * Requests come through a proxy, which says in this header who asks: in the last element of {@code Forwarded} or
     * {@code X-Forwarded-For}, or in one of its own with nothing but an address. To be given only where no request
     * comes past the proxy, and with a header that the proxy always writes: else whoever asks says what he likes.
     * Without this the client's address is the peer's.
     */
    public HttpTracing behindProxy(String header) {
        return new HttpTracing(tracer, silent, queries, brief, new Proxy(header));
    }
}
