package io.kraken.tracer.http;

import io.kraken.tracer.HeaderGetter;

/** How a server says what was asked. Everything may be null: requests are what others have sent. */
interface RequestReader<R> {

    String method(R request);

    /** Without the query, percent-encoded. */
    String path(R request);

    String query(R request);

    String scheme(R request);

    /** Such as {@code HTTP/1.1}. */
    String protocol(R request);

    /** The address of who has sent it. */
    String peer(R request);

    String host(R request);

    String userAgent(R request);

    /** The last value of a header, whatever the case of its name is. */
    String last(R request, String name);

    HeaderGetter<R> headers();
}
