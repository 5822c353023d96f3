package io.kraken.tracer.http;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;

/** The attributes of OpenTelemetry's conventions, the stable ones, and what both sides do with them. */
final class HttpKeys {

    static final StringKey METHOD = Key.ofString("http.request.method");
    static final StringKey METHOD_ORIGINAL = Key.ofString("http.request.method_original");
    static final LongKey STATUS = Key.ofLong("http.response.status_code");
    static final StringKey ROUTE = Key.ofString("http.route");
    static final StringKey PATH = Key.ofString("url.path");
    static final StringKey QUERY = Key.ofString("url.query");
    static final StringKey SCHEME = Key.ofString("url.scheme");
    static final StringKey URL = Key.ofString("url.full");
    static final StringKey SERVER_ADDRESS = Key.ofString("server.address");
    static final LongKey SERVER_PORT = Key.ofLong("server.port");
    static final StringKey CLIENT_ADDRESS = Key.ofString("client.address");
    static final StringKey PROTOCOL_VERSION = Key.ofString("network.protocol.version");
    static final StringKey USER_AGENT = Key.ofString("user_agent.original");
    static final StringKey ERROR_TYPE = Key.ofString("error.type");

    static final int BAD_REQUEST = 400;
    static final int SERVER_ERROR = 500;
    private static final int END_OF_CODES = 600;

    private static final String[] CODES = new String[END_OF_CODES - BAD_REQUEST];

    static {
        for (int i = 0; i < CODES.length; i++) {
            CODES[i] = Integer.toString(BAD_REQUEST + i);
        }
    }

    private HttpKeys() {}

    /** What has come of the request: codes from a certain one on are errors. */
    static void status(Span span, int code, int firstError) {
        span.set(STATUS, code);
        if (code >= firstError && code < END_OF_CODES) {
            span.set(ERROR_TYPE, CODES[code - BAD_REQUEST]).error(null);
        }
    }

    static void failed(Span span, Throwable thrown) {
        span.set(ERROR_TYPE, thrown.getClass().getName()).error(null);
        span.exception(thrown);
    }
}
