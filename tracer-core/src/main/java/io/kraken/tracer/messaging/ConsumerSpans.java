package io.kraken.tracer.messaging;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Creates spans for received messages. One instance for each consumer and, like the consumer, for one thread at a time:
 * the returned span is the thread's current one, and the caller must end it.
 */
public final class ConsumerSpans {

    private final Tracer tracer;
    private final String group;
    private final RemoteContext sender = new RemoteContext();

    /** @param group the consumer group; null if there is none */
    public ConsumerSpans(Tracer tracer, String group) {
        this.tracer = tracer;
        this.group = group;
    }

    /**
     * Starts a span for a polled batch, with a link to the sender of each message; process the messages within it.
     * Links beyond the limit of a span are counted as dropped.
     */
    public Span receive(ConsumerRecords<?, ?> batch) {
        final String topic = onlyTopic(batch);
        final Span span = tracer.start(Kafka.POLL.name(topic), SpanKind.CLIENT);
        if (span.isRecording()) {
            describe(Kafka.POLL, span, topic);
            span.set(Kafka.MESSAGES, batch.count());
            for (ConsumerRecord<?, ?> message : batch) {
                linkToSender(span, message);
            }
        }
        return span;
    }

    /** Starts a span for a message, below the current span or in a new trace, with a link to the sender. */
    public Span process(ConsumerRecord<?, ?> message) {
        final Span span = tracer.start(Kafka.PROCESS.name(message.topic()), SpanKind.CONSUMER);
        if (span.isRecording()) {
            describe(span, message);
            linkToSender(span, message);
        }
        return span;
    }

    /**
     * Starts a span for a message as a child of the sender's, with its trace state and baggage. For consumers that
     * process messages one by one; the span may start long after the sender's has ended.
     */
    public Span processAsChild(ConsumerRecord<?, ?> message) {
        final Span span = tracer.start(Kafka.PROCESS.name(message.topic()), SpanKind.CONSUMER, extract(message));
        if (span.isRecording()) {
            describe(span, message);
        }
        return span;
    }

    private RemoteContext extract(ConsumerRecord<?, ?> message) {
        return tracer.propagation().extract(message.headers(), KafkaHeaders.GETTER, sender);
    }

    private void linkToSender(Span span, ConsumerRecord<?, ?> message) {
        if (extract(message).isValid()) {
            span.link(sender);
        }
    }

    private void describe(Span span, ConsumerRecord<?, ?> message) {
        describe(Kafka.PROCESS, span, message.topic());
        span.set(Kafka.PARTITION, Integer.toString(message.partition())).set(Kafka.OFFSET, message.offset());
        Kafka.describeMessage(span, message.key(), message.value());
    }

    private void describe(Kafka operation, Span span, String topic) {
        operation.describe(span, topic);
        if (group != null) {
            span.set(Kafka.GROUP, group);
        }
    }

    /** Null if there are several topics, or none. */
    private static String onlyTopic(ConsumerRecords<?, ?> batch) {
        String only = null;
        for (TopicPartition partition : batch.partitions()) {
            if (only != null && !only.equals(partition.topic())) {
                return null;
            }
            only = partition.topic();
        }
        return only;
    }
}
