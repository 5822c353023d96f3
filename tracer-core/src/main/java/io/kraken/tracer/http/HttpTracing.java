package io.kraken.tracer.http;

import io.kraken.tracer.Tracer;

/** How requests are traced: what the filters and the client have in common. Immutable. */
public final class HttpTracing {

    final Tracer tracer;
    final PathRules silent;
    final boolean queries;
    final boolean brief;

    private HttpTracing(Tracer tracer, PathRules silent, boolean queries, boolean brief) {
        this.tracer = tracer;
        this.silent = silent;
        this.queries = queries;
        this.brief = brief;
    }

    /** Every request, with its query. */
    public static HttpTracing of(Tracer tracer) {
        return new HttpTracing(tracer, PathRules.NONE, true, false);
    }

    /**
     * Requests to these paths, and to all below them, have no spans, and none of their headers is read or written. A
     * star is any run of characters within a segment: {@code /health}, {@code /namespace/*}{@code /blobs/*}. Takes the
     * place of those given before.
     */
    public HttpTracing without(String... paths) {
        return new HttpTracing(tracer, PathRules.of(paths), queries, brief);
    }

    /**
     * Whether queries are recorded. In those that are, the values of signatures and keys as the conventions list them
     * are not.
     */
    public HttpTracing queries(boolean recorded) {
        return new HttpTracing(tracer, silent, recorded, brief);
    }

    /**
     * Spans have only the attributes that the conventions require, none of those that they recommend: nothing of the
     * protocol's version, and on a server nothing of who asks and by what name.
     */
    public HttpTracing brief() {
        return new HttpTracing(tracer, silent, queries, true);
    }
}
