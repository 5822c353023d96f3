package io.kraken.tracer;

/** OTLP's status codes, in OTLP's order. Once {@link #OK}, a status stays; an {@link #ERROR} is never unset. */
public enum StatusCode {
    UNSET,
    OK,
    ERROR
}
