package io.kraken.tracer.messaging;

import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderText;
import io.kraken.tracer.propagation.HeaderValues;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * The headers of a Kafka message as a carrier. Bytes are passed unchanged; allocates only what Kafka keeps, a header
 * and its bytes, and Kafka's iterator. Names are case-sensitive, as in Kafka; a header without a value is ignored.
 */
public final class KafkaHeaders {

    public static final HeaderGetter<Headers> GETTER = new Getter();
    public static final HeaderSetter<Headers> SETTER = new Setter();

    private KafkaHeaders() {}

    private static final class Getter implements HeaderGetter<Headers> {

        @Override
        public void get(Headers headers, String name, HeaderValues values) {
            for (Header header : headers) {
                final byte[] value = name.equals(header.key()) ? header.value() : null;
                if (value != null) {
                    values.add(value, 0, value.length);
                }
            }
        }

        @Override
        public void getAll(Headers headers, String prefix, HeaderValues values) {
            for (Header header : headers) {
                final byte[] value = header.key().startsWith(prefix) ? header.value() : null;
                if (value != null) {
                    values.add(header.key().substring(prefix.length()), value, 0, value.length);
                }
            }
        }
    }

    private static final class Setter implements HeaderSetter<Headers> {

        @Override
        public void set(Headers headers, String name, HeaderText value) {
            remove(headers, name);
            headers.add(name, value.toBytes());
        }

        /** Checks for the header first, which needs no iterator. */
        @Override
        public void remove(Headers headers, String name) {
            if (headers.lastHeader(name) != null) {
                headers.remove(name);
            }
        }

        @Override
        public void removeAll(Headers headers, String prefix) {
            for (Header header : headers.toArray()) {
                if (header.key().startsWith(prefix)) {
                    remove(headers, header.key());
                }
            }
        }
    }
}
