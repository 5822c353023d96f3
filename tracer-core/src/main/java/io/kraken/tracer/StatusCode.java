package io.kraken.tracer;

/** The status codes, in OTLP's order. {@link #OK} is final, and {@link #ERROR} is never unset. */
public enum StatusCode {
    UNSET,
    OK,
    ERROR
}
