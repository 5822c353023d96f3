package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderText;
import io.kraken.tracer.propagation.HeaderValues;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message like Kafka's: bytes, and headers whose values are bytes. Used by one thread at a time: the sender does not
 * touch it after sending.
 */
final class Message {

    static final HeaderGetter<Message> GETTER = new Getter();
    static final HeaderSetter<Message> SETTER = Message::set;

    private final byte[] value;
    private final List<Header> headers = new ArrayList<>();

    private record Header(String name, byte[] value) {}

    Message(String text) {
        value = text.getBytes(StandardCharsets.UTF_8);
    }

    String text() {
        return new String(value, StandardCharsets.UTF_8);
    }

    private static void set(Message message, String name, HeaderText value) {
        message.headers.removeIf(header -> header.name.equals(name));
        message.headers.add(new Header(name, value.toBytes()));
    }

    private static final class Getter implements HeaderGetter<Message> {

        @Override
        public void get(Message message, String name, HeaderValues values) {
            for (Header header : message.headers) {
                if (header.name.equals(name)) {
                    values.add(header.value, 0, header.value.length);
                }
            }
        }

        @Override
        public void getAll(Message message, String prefix, HeaderValues values) {
            for (Header header : message.headers) {
                if (header.name.startsWith(prefix)) {
                    values.add(header.name.substring(prefix.length()), header.value, 0, header.value.length);
                }
            }
        }
    }
}
