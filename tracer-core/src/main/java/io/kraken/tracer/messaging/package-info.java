/**
 * Traces across Kafka, by OpenTelemetry's conventions for messaging: a span for each message that is sent, one for each
 * batch or message that is taken. Needs kafka-clients on the class path, and only when it is used.
 */
package io.kraken.tracer.messaging;
