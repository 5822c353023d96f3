package io.kraken.tracer.http;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;

/** The attribute keys of OpenTelemetry's stable HTTP conventions, and the completion of spans on both sides. */
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
    static final StringKey PEER_ADDRESS = Key.ofString("network.peer.address");
    static final StringKey PROTOCOL_VERSION = Key.ofString("network.protocol.version");
    static final StringKey USER_AGENT = Key.ofString("user_agent.original");
    static final StringKey ERROR_TYPE = Key.ofString("error.type");

    static final int BAD_REQUEST = 400;
    static final int SERVER_ERROR = 500;
    private static final int LEAST_CODE = 100;
    private static final int END_OF_CODES = 600;

    private static final String[] CODES = new String[END_OF_CODES - BAD_REQUEST];

    static {
        for (int i = 0; i < CODES.length; i++) {
            CODES[i] = Integer.toString(BAD_REQUEST + i);
        }
    }

    private HttpKeys() {}

    /**
     * Records the outcome of the request.
     *
     * @param code of the response; below 100 if there was none
     * @param firstError codes from here on are errors
     * @param reason of the failure, in a word; null if the code tells it
     */
    static void finish(Span span, int code, int firstError, String reason) {
        String type = reason;
        if (code >= LEAST_CODE) {
            span.set(STATUS, code);
            if (type == null && code >= firstError && code < END_OF_CODES) {
                type = CODES[code - BAD_REQUEST];
            }
        }
        if (type != null) {
            span.set(ERROR_TYPE, type);
            if (!span.isError()) { // a handler may have set a description
                span.error(null);
            }
        }
    }

    /** @param thrown may be null */
    static void finish(Span span, int code, int firstError, Throwable thrown) {
        finish(span, code, firstError, thrown == null ? null : thrown.getClass().getName());
        if (thrown != null) {
            span.exception(thrown);
        }
    }
}
