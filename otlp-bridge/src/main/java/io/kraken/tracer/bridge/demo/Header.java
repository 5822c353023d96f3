package io.kraken.tracer.bridge.demo;

import com.sun.net.httpserver.HttpExchange;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.TraceContext;
import java.net.http.HttpRequest;

/** The W3C header that carries a trace from one service to the next. */
final class Header {

    static final String TRACEPARENT = "traceparent";

    private static final ThreadLocal<RemoteContext> CONTEXTS = ThreadLocal.withInitial(RemoteContext::new);

    private Header() {}

    static void write(HttpRequest.Builder request, TraceContext context) {
        if (context != null && context.isValid()) {
            request.setHeader(TRACEPARENT, context.toString());
        }
    }

    /** Good until the thread reads the next one; invalid when the request carries none, and a trace begins. */
    static RemoteContext read(HttpExchange exchange) {
        return CONTEXTS.get().parse(exchange.getRequestHeaders().getFirst(TRACEPARENT));
    }
}
