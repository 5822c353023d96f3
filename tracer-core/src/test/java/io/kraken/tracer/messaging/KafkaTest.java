package io.kraken.tracer.messaging;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.TracerFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Traces across messages: senders, receivers, and hostile headers. */
class KafkaTest {

    private static final SpanName REQUEST = SpanName.of("request");
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final String SENDER = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final MockProducer<String, String> producer =
            new MockProducer<>(false, null, new StringSerializer(), new StringSerializer());
    private final List<String> results = new ArrayList<>();

    private void send(ProducerRecord<String, String> message) {
        new ProducerSpans(traced.tracer())
                .send(producer, message, (metadata, thrown) -> results.add(thrown == null ? "sent" : "lost"));
    }

    private static String header(Headers headers, String name) {
        final Header last = headers.lastHeader(name);
        return last == null ? null : new String(last.value(), US_ASCII);
    }

    private static ConsumerRecord<String, String> received(String topic, long offset, String... headers) {
        final ConsumerRecord<String, String> message = new ConsumerRecord<>(topic, 3, offset, "key", "value");
        for (int i = 0; i < headers.length; i += 2) {
            message.headers().add(headers[i], headers[i + 1].getBytes(UTF_8));
        }
        return message;
    }

    private RemoteContext extract(Headers headers) {
        return traced.tracer().propagation().extract(headers, KafkaHeaders.GETTER, new RemoteContext());
    }

    @Test
    void sentMessageCarriesItsSpanUntilAcknowledged() {
        final ProducerRecord<String, String> message = new ProducerRecord<>("orders", "17", "v");
        try (Span request = traced.tracer().start(REQUEST, SpanKind.SERVER)) {
            request.baggage("user", "a");
            send(message);
            assertSame(request, traced.tracer().current());
        }
        traced.leavesOpen(1);
        assertEquals(List.of(), results);
        assertTrue(producer.completeNext());
        traced.leavesOpen(0);
        assertEquals(List.of("sent"), results);
        assertEquals("""
                request SERVER
                  send orders PRODUCER
                    .messaging.system = "kafka"
                    .messaging.operation.name = "send"
                    .messaging.operation.type = "send"
                    .messaging.destination.name = "orders"
                    .messaging.kafka.message.key = "17"
                    .messaging.destination.partition.id = "0"
                    .messaging.kafka.offset = 0
                """, traced.picture());
        assertTrue(extract(message.headers()).isValid());
        assertEquals("user=a", header(message.headers(), "baggage"));
    }

    @Test
    void lostMessageIsAnError() {
        send(new ProducerRecord<>("orders", null));
        assertTrue(producer.errorNext(new IllegalStateException("no broker")));
        assertEquals(List.of("lost"), results);
        final String picture = traced.picture();
        assertTrue(picture.contains(".messaging.kafka.message.tombstone = true"), picture);
        assertTrue(picture.contains(".error.type = \"java.lang.IllegalStateException\""), picture);
        assertTrue(picture.contains("exception.message=\"no broker\""), picture);
        assertTrue(picture.endsWith("! ERROR\n"), picture);
    }

    @Test
    void exceptionOfTheProducerIsRecordedAndThrown() {
        producer.sendException = new IllegalArgumentException("too large");
        final ProducerRecord<String, String> message = new ProducerRecord<>("orders", "v");
        assertThrows(IllegalArgumentException.class, () -> send(message));
        final String picture = traced.picture();
        assertTrue(picture.contains("exception.message=\"too large\"") && picture.endsWith("! ERROR\n"), picture);
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void messageWithReadOnlyHeadersIsSent() {
        final ProducerRecord<String, String> message = new ProducerRecord<>("orders", "v");
        ((RecordHeaders) message.headers()).setReadOnly();
        send(message);
        assertTrue(producer.completeNext());
        assertEquals(List.of("sent"), results);
        assertNull(header(message.headers(), "traceparent"));
    }

    @Test
    void forwardedMessageCarriesTheForwarder() {
        final ProducerRecord<String, String> message = new ProducerRecord<>("orders", "v");
        message.headers().add("traceparent", PARENT.getBytes(US_ASCII)).add("traceparent", new byte[0]);
        new ProducerSpans(traced.tracer()).send(producer, message);
        assertTrue(producer.completeNext());
        assertFalse(header(message.headers(), "traceparent").equals(PARENT));
        assertTrue(extract(message.headers()).isValid());
    }

    @Test
    void forwardedMessageCarriesNothingOfTheOldTrace() {
        traced.with(TracerConfig.PROPAGATORS, "jaeger,baggage,tracecontext");
        final ConsumerRecord<String, String> received =
                received("orders", 7, "traceparent", PARENT, "tracestate", "a=1", "baggage", "k=v", "type", "order");
        received.headers().add("tracestate", new byte[] {'b', '=', '1'});
        received.headers().add("uberctx-k", new byte[] {'v'}).add("uberctx-k", new byte[] {'w'});
        final ProducerRecord<String, String> message =
                new ProducerRecord<>("bills", null, "key", "value", received.headers());
        try (Span span = new ConsumerSpans(traced.tracer(), null).process(received)) {
            send(message);
            assertEquals(span.traceId(), extract(message.headers()).traceId());
        }
        assertTrue(producer.completeNext());
        final List<String> names = new ArrayList<>();
        message.headers().forEach(header -> names.add(header.key()));
        assertEquals(List.of("type", "uber-trace-id", "traceparent"), names);
    }

    @Test
    void disabledTracerSends() {
        final ProducerRecord<String, String> message = new ProducerRecord<>("orders", "v");
        new ProducerSpans(Tracer.disabled()).send(producer, message);
        assertTrue(producer.completeNext());
        assertEquals(0, message.headers().toArray().length);
        assertSame(Span.NOOP, new ConsumerSpans(Tracer.disabled(), null).process(received("orders", 1)));
    }

    @Test
    void messageIsLinkedToItsSender() {
        try (Span span =
                new ConsumerSpans(traced.tracer(), "billing").process(received("orders", 7, "traceparent", PARENT))) {
            assertSame(span, traced.tracer().current());
        }
        assertEquals("""
                process orders CONSUMER
                  .messaging.system = "kafka"
                  .messaging.operation.name = "process"
                  .messaging.operation.type = "process"
                  .messaging.destination.name = "orders"
                  .messaging.consumer.group.name = "billing"
                  .messaging.destination.partition.id = "3"
                  .messaging.kafka.offset = 7
                  .messaging.kafka.message.key = "key"
                  -> SENDER flags=301
                """.replace("SENDER", SENDER), traced.picture());
    }

    @Test
    void messageMayContinueTheSendersTrace() {
        final ConsumerSpans consumer = new ConsumerSpans(traced.tracer(), null);
        try (Span span = consumer.processAsChild(received("orders", 7, "traceparent", PARENT, "baggage", "user=a"))) {
            assertEquals("0af7651916cd43dd8448eb211c80319c", span.traceId());
            assertEquals("a", span.baggage("user"));
        }
        assertFalse(traced.picture().contains("->"), traced::picture);
    }

    @Test
    void batchIsLinkedToItsSendersUpToTheLimit() {
        traced.with(TracerConfig.MAX_LINKS, 2);
        final MockConsumer<String, String> consumer = new MockConsumer<>("earliest");
        final TopicPartition partition = new TopicPartition("orders", 3);
        consumer.assign(List.of(partition));
        consumer.updateBeginningOffsets(Map.of(partition, 0L));
        for (int i = 0; i < 3; i++) {
            consumer.addRecord(received("orders", i, "traceparent", PARENT));
        }
        consumer.addRecord(received("orders", 3));
        final ConsumerSpans spans = new ConsumerSpans(traced.tracer(), "billing");
        final ConsumerRecords<String, String> batch = consumer.poll(Duration.ZERO);
        try (Span span = spans.receive(batch)) {
            spans.process(batch.iterator().next()).end();
            assertSame(span, traced.tracer().current());
        }
        consumer.close();
        final String picture = traced.picture();
        assertTrue(picture.startsWith("""
                poll orders CLIENT
                  .messaging.system = "kafka"
                  .messaging.operation.name = "poll"
                  .messaging.operation.type = "receive"
                  .messaging.destination.name = "orders"
                  .messaging.consumer.group.name = "billing"
                  .messaging.batch.message_count = 4
                  -> SENDER flags=301
                  -> SENDER flags=301
                  - dropped links 1
                  process orders CONSUMER
                """.replace("SENDER", SENDER)), picture);
    }

    @Test
    void batchOfSeveralTopicsIsNamedWithoutTopic() {
        final Map<TopicPartition, List<ConsumerRecord<String, String>>> messages = new HashMap<>();
        messages.put(new TopicPartition("orders", 3), List.of(received("orders", 1)));
        messages.put(new TopicPartition("bills", 3), List.of(received("bills", 1)));
        new ConsumerSpans(traced.tracer(), null)
                .receive(new ConsumerRecords<>(messages, Map.of()))
                .end();
        assertTrue(traced.picture().startsWith("poll CLIENT\n"), traced::picture);
        assertFalse(traced.picture().contains("destination"), traced::picture);
    }

    @Test
    void numberOfNamesIsBounded() {
        final Kafka operation = new Kafka("peek", "receive");
        for (int i = 0; i < 2_000; i++) {
            operation.name("topic-" + i);
        }
        assertEquals("peek topic-1", operation.name("topic-1"));
        assertEquals("peek", operation.name("topic-1999"));
    }

    @Test
    void hostileHeadersAreHarmless() {
        final RecordHeaders headers = new RecordHeaders();
        headers.add("traceparent", null).add("tracestate", new byte[1 << 20]).add("baggage", null);
        headers.add("", new byte[0]).add("Traceparent", PARENT.getBytes(US_ASCII));
        headers.add("baggage", "k=\u00fc,good=1".getBytes(UTF_8));
        assertFalse(extract(headers).isValid());
        headers.add("traceparent", PARENT.getBytes(US_ASCII));
        final RemoteContext once = extract(headers);
        assertEquals(PARENT, once.toString());
        assertEquals("", once.traceState());
        assertNull(once.baggage("k"));
        headers.add(new RecordHeader("traceparent", PARENT.getBytes(US_ASCII)));
        assertFalse(extract(headers).isValid(), "a repeated traceparent is invalid");
        final Headers lies =
                new RecordHeaders().add("traceparent", "\u00fc".repeat(55).getBytes(UTF_8));
        assertFalse(extract(lies).isValid());
    }

    @Test
    void propagatesAllFormatsInMessages() {
        traced.with(TracerConfig.PROPAGATORS, "b3multi,jaeger,baggage,tracecontext");
        final RecordHeaders headers = new RecordHeaders();
        final RemoteContext context = new RemoteContext().parse(PARENT);
        context.baggage("user", "a");
        traced.tracer().propagation().inject(context, headers, KafkaHeaders.SETTER);
        assertEquals("a", header(headers, "uberctx-user"));
        final RemoteContext back = extract(headers);
        assertEquals(PARENT, back.toString());
        assertEquals("a", back.baggage("user"));
    }
}
