package io.kraken.tracer.messaging;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Spans for messages that were received. One for each consumer, and like the consumer for one thread at a time: what it
 * returns is the thread's current span, which the caller ends.
 */
public final class ConsumerSpans {

    private final Tracer tracer;
    private final String group;
    private final RemoteContext sender = new RemoteContext();

    /** @param group the consumer's; null when it has none */
    public ConsumerSpans(Tracer tracer, String group) {
        this.tracer = tracer;
        this.group = group;
    }

    /**
     * A span for a batch that was polled, with a link to the sender of each message; what is done with the messages
     * belongs into it. Links beyond the limit of a span are counted as dropped.
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

    /** A span for a message, under the current span or of a trace of its own, with a link to the sender. */
    public Span process(ConsumerRecord<?, ?> message) {
        final Span span = tracer.start(Kafka.PROCESS.name(message.topic()), SpanKind.CONSUMER);
        if (span.isRecording()) {
            describe(span, message);
            linkToSender(span, message);
        }
        return span;
    }

    /**
     * A span for a message that goes on with the sender's trace, and with what that carries. For consumers that take
     * messages one by one: the sender then has this span below it, whenever that may be.
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

    /** Null when there are several, or none. */
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
