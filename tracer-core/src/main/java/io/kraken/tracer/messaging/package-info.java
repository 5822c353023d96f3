/**
 * Traces across Kafka, following OpenTelemetry's conventions for messaging: a span for each sent message, and one for
 * each received batch or message. Needs kafka-clients on the class path only if it is used.
 *
 * <p>Read {@link io.kraken.tracer.messaging.ProducerSpans} first. Depends on the API in {@link io.kraken.tracer} and on
 * {@link io.kraken.tracer.propagation}.
 */
package io.kraken.tracer.messaging;
