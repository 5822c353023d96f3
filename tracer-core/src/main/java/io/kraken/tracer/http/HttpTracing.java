package io.kraken.tracer.http;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.process.ThrottledLog;

/** The options of HTTP tracing, shared by the filters and the client. Immutable. */
public final class HttpTracing {

    private static final ThrottledLog LOG = ThrottledLog.about("tracing a request failed");

    final Tracer tracer;
    final PathRules silent;
    final boolean queries;
    final boolean brief;
    /** Null if no header is trusted for the client's address. */
    final Proxy proxy;

    private HttpTracing(Tracer tracer, PathRules silent, boolean queries, boolean brief, Proxy proxy) {
        this.tracer = tracer;
        this.silent = silent;
        this.queries = queries;
        this.brief = brief;
        this.proxy = proxy;
    }

    /** Traces every request, with its query. */
    public static HttpTracing of(Tracer tracer) {
        return new HttpTracing(tracer, PathRules.NONE, true, false, null);
    }

    /**
     * Excludes requests to these paths, and to all below them: they have no spans, and their headers are neither read
     * nor written. A star matches any characters within a segment: {@code /health}, {@code /namespace/*}{@code
     * /blobs/*}. Replaces paths given before.
     */
    public HttpTracing without(String... paths) {
        return new HttpTracing(tracer, PathRules.of(paths), queries, brief, proxy);
    }

    /**
     * Sets whether queries are recorded. If so, the values of signatures and keys listed by the conventions are
     * redacted.
     */
    public HttpTracing queries(boolean recorded) {
        return new HttpTracing(tracer, silent, recorded, brief, proxy);
    }

    /**
     * Reduces spans to the attributes that the conventions require, without the recommended ones: no protocol version,
     * and on a server no client address, server address or user agent.
     */
    public HttpTracing brief() {
        return new HttpTracing(tracer, silent, queries, true, proxy);
    }

    /**
     * Takes the client's address from a header that a trusted proxy writes: from the last element of {@code Forwarded}
     * or {@code X-Forwarded-For}, or from one of its own that contains only an address. Use this only if no request
     * bypasses the proxy, and with a header that the proxy always writes: otherwise clients can forge their address.
     * Without this the client's address is the peer's.
     */
    public HttpTracing behindProxy(String header) {
        return new HttpTracing(tracer, silent, queries, brief, new Proxy(header));
    }

    /** Hides an exception in the tracing of a request from the request. */
    static void failed(RuntimeException thrown) {
        final String kind = thrown.getClass().getName();
        LOG.report(kind, kind, thrown);
    }
}
