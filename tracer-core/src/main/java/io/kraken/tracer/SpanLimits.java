package io.kraken.tracer;

/** The limits of a span, by OpenTelemetry's names. */
record SpanLimits(int attributes, int events, int links, int detailAttributes, int valueLength) {}
