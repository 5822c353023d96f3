package io.kraken.tracer;

/** The kinds of spans, in OTLP's order. */
public enum SpanKind {
    INTERNAL,
    SERVER,
    CLIENT,
    PRODUCER,
    CONSUMER;

    final int code = ordinal() + 1;
}
