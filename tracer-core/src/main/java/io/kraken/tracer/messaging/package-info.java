/**
 * Traces across Kafka, following OpenTelemetry's conventions for messaging: a span for each sent message, and one for
 * each received batch or message. Needs kafka-clients on the class path only if it is used.
 */
package io.kraken.tracer.messaging;
