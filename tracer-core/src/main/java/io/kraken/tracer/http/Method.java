package io.kraken.tracer.http;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;

/** The HTTP methods that may be part of span names; all others, which a caller may invent, share one. */
enum Method {
    GET,
    HEAD,
    POST,
    PUT,
    DELETE,
    CONNECT,
    OPTIONS,
    TRACE,
    PATCH,
    OTHER("_OTHER", "HTTP");

    static final int COUNT = values().length;

    /** The value of the attribute. */
    final String text;
    /** The beginning of a span name. */
    final String inName;
    /** The name of a span without a route. */
    final SpanName name;

    Method() {
        text = name();
        inName = text;
        name = SpanName.of(inName);
    }

    Method(String text, String inName) {
        this.text = text;
        this.inName = inName;
        name = SpanName.of(inName);
    }

    static Method of(String text) {
        return switch (text == null ? "" : text) {
            case "GET" -> GET;
            case "HEAD" -> HEAD;
            case "POST" -> POST;
            case "PUT" -> PUT;
            case "DELETE" -> DELETE;
            case "CONNECT" -> CONNECT;
            case "OPTIONS" -> OPTIONS;
            case "TRACE" -> TRACE;
            case "PATCH" -> PATCH;
            default -> OTHER;
        };
    }

    void set(Span span, String original) {
        span.set(HttpKeys.METHOD, text);
        if (this == OTHER && original != null) {
            span.set(HttpKeys.METHOD_ORIGINAL, original);
        }
    }
}
