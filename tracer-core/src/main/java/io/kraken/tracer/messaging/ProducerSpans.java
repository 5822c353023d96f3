package io.kraken.tracer.messaging;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.Tracer;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Sends messages with a span for each, which ends when the broker has acknowledged the message or the producer has
 * given up; the message carries the span's context. Thread-safe.
 */
public final class ProducerSpans {

    private final Tracer tracer;

    public ProducerSpans(Tracer tracer) {
        this.tracer = tracer;
    }

    public <K, V> Future<RecordMetadata> send(Producer<K, V> producer, ProducerRecord<K, V> message) {
        return send(producer, message, null);
    }

    /** The callback, which may be null, is called after the span has ended. */
    public <K, V> Future<RecordMetadata> send(
            Producer<K, V> producer, ProducerRecord<K, V> message, Callback callback) {
        final Span span =
                tracer.startDetached(Kafka.SEND.name(message.topic()), SpanKind.PRODUCER, tracer.currentContext());
        carry(span == Span.NOOP ? tracer.currentContext() : span, message);
        if (span == Span.NOOP) {
            return producer.send(message, callback);
        }
        Kafka.SEND.describe(span, message.topic());
        Kafka.describeMessage(span, message.key(), message.value());
        final Sent sent = new Sent(span, callback);
        try {
            return producer.send(message, sent);
        } catch (Throwable e) {
            sent.end(null, e);
            throw e;
        }
    }

    private void carry(TraceContext context, ProducerRecord<?, ?> message) {
        try {
            tracer.propagation().inject(context, message.headers(), KafkaHeaders.SETTER);
        } catch (IllegalStateException ignored) {
            // the message was sent before and its headers are read-only: it is sent with those that it has
        }
    }

    /** The callback that ends the span when the producer reports the result. */
    private static final class Sent implements Callback {

        private final Callback next;
        private Span span;

        Sent(Span span, Callback next) {
            this.span = span;
            this.next = next;
        }

        @Override
        public void onCompletion(RecordMetadata metadata, Exception exception) {
            end(metadata, exception);
            if (next != null) {
                next.onCompletion(metadata, exception);
            }
        }

        /** Ends the span once, although a producer may both call back and throw. */
        synchronized void end(RecordMetadata metadata, Throwable thrown) {
            if (span == null) {
                return;
            }
            if (metadata != null && metadata.partition() >= 0) {
                span.set(Kafka.PARTITION, Integer.toString(metadata.partition()));
            }
            if (metadata != null && metadata.hasOffset()) {
                span.set(Kafka.OFFSET, metadata.offset());
            }
            if (thrown != null) {
                Kafka.failed(span, thrown);
            }
            span.end();
            span = null;
        }
    }
}
