package io.kraken.tracer.messaging;

import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The attribute keys and span names of OpenTelemetry's messaging conventions for Kafka. Thread-safe. */
final class Kafka {

    static final Key.LongKey OFFSET = Key.ofLong("messaging.kafka.offset");
    static final Key.StringKey PARTITION = Key.ofString("messaging.destination.partition.id");
    static final Key.StringKey GROUP = Key.ofString("messaging.consumer.group.name");
    static final Key.LongKey MESSAGES = Key.ofLong("messaging.batch.message_count");
    static final Key.StringKey ERROR_TYPE = Key.ofString("error.type");

    static final Kafka SEND = new Kafka("send", "send");
    static final Kafka POLL = new Kafka("poll", "receive");
    static final Kafka PROCESS = new Kafka("process", "process");

    private static final Key.StringKey SYSTEM = Key.ofString("messaging.system");
    private static final Key.StringKey OPERATION = Key.ofString("messaging.operation.name");
    private static final Key.StringKey TYPE = Key.ofString("messaging.operation.type");
    private static final Key.StringKey TOPIC = Key.ofString("messaging.destination.name");
    private static final Key.StringKey MESSAGE_KEY = Key.ofString("messaging.kafka.message.key");
    private static final Key.BooleanKey TOMBSTONE = Key.ofBoolean("messaging.kafka.message.tombstone");

    private static final int MAX_NAMES = 1024;

    private final String operation;
    private final String type;
    private final Map<String, String> names = new ConcurrentHashMap<>();

    Kafka(String operation, String type) {
        this.operation = operation;
        this.type = type;
    }

    /** Operation and topic; the operation alone if there is no single topic, or if there are too many topics. */
    String name(String topic) {
        final String known = topic == null ? operation : names.get(topic);
        return known != null ? known : newName(topic);
    }

    private String newName(String topic) {
        if (names.size() >= MAX_NAMES) {
            return operation;
        }
        final String name = operation + ' ' + topic;
        names.put(topic, name);
        return name;
    }

    void describe(Span span, String topic) {
        span.set(SYSTEM, "kafka").set(OPERATION, operation).set(TYPE, type);
        if (topic != null) {
            span.set(TOPIC, topic);
        }
    }

    /** Records the key only if it is a string: for other types the text form is unknown. */
    static void describeMessage(Span span, Object key, Object value) {
        if (key instanceof String) {
            span.set(MESSAGE_KEY, (String) key);
        }
        if (value == null) {
            span.set(TOMBSTONE, true);
        }
    }

    static void failed(Span span, Throwable thrown) {
        span.exception(thrown);
        span.set(ERROR_TYPE, thrown.getClass().getName()).error(null);
    }
}
