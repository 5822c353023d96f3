package io.kraken.tracer.http;

import io.kraken.tracer.propagation.HeaderGetter;

/** Reads the parts of a server's request. Every value may be null: requests are untrusted. */
interface RequestReader<R> {

    String method(R request);

    /** Without the query, percent-encoded. */
    String path(R request);

    String query(R request);

    String scheme(R request);

    /** Such as {@code HTTP/1.1}. */
    String protocol(R request);

    /** The address of the sender. */
    String peer(R request);

    String host(R request);

    String userAgent(R request);

    /** The last value of a header, whatever the case of its name. */
    String last(R request, String name);

    HeaderGetter<R> headers();
}
