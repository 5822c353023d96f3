package io.kraken.tracer.http;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;

/** The methods that may be part of names; all others, which a caller may invent, are one. */
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

    /** As an attribute. */
    final String text;
    /** As the beginning of a name. */
    final String inName;
    /** Of a span of which nothing else is known. */
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
