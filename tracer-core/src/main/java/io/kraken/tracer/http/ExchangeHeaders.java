package io.kraken.tracer.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderText;
import io.kraken.tracer.propagation.HeaderValues;
import java.util.List;
import java.util.Map;

/**
 * The headers of the JDK's HTTP server as carriers. Reading creates no strings; writing creates those that are kept.
 */
public final class ExchangeHeaders {

    public static final HeaderGetter<Headers> GETTER = new HeaderGetter<>() {
        @Override
        public void get(Headers carrier, String name, HeaderValues values) {
            final List<String> all = all(carrier, name);
            for (int i = 0; i < all.size(); i++) {
                values.add(all.get(i));
            }
        }

        @Override
        public void getAll(Headers carrier, String prefix, HeaderValues values) {
            HeaderGetter.ofLists().getAll(carrier, prefix, values);
        }
    };

    /** For a client that sends these headers. */
    public static final HeaderSetter<Headers> SETTER = new HeaderSetter<>() {
        @Override
        public void set(Headers carrier, String name, HeaderText value) {
            carrier.set(name, value.toString());
        }

        @Override
        public void remove(Headers carrier, String name) {
            carrier.remove(name);
        }

        @Override
        public void removeAll(Headers carrier, String prefix) {
            HeaderSetter.ofLists().removeAll(carrier, prefix);
        }
    };

    /** The headers of the request. */
    public static final HeaderGetter<HttpExchange> REQUEST = new HeaderGetter<>() {
        @Override
        public void get(HttpExchange carrier, String name, HeaderValues values) {
            GETTER.get(carrier.getRequestHeaders(), name, values);
        }

        @Override
        public void getAll(HttpExchange carrier, String prefix, HeaderValues values) {
            GETTER.getAll(carrier.getRequestHeaders(), prefix, values);
        }
    };

    private ExchangeHeaders() {}

    /** Iterates instead of looking the name up, which would create a normalised string and cost more. */
    static List<String> all(Headers headers, String name) {
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            if (name.equalsIgnoreCase(header.getKey())) {
                return header.getValue();
            }
        }
        return List.of();
    }
}
