package io.kraken.tracer;

/** OTLP's kinds, in OTLP's order. */
public enum SpanKind {
    INTERNAL,
    SERVER,
    CLIENT,
    PRODUCER,
    CONSUMER;

    final int code = ordinal() + 1;
}
