package io.kraken.tracer.http;

import io.kraken.tracer.Propagation;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderValues;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.util.List;

/** The headers of the JDK's HTTP client as carriers. */
public final class ClientHeaders {

    public static final HeaderGetter<HttpHeaders> GETTER = new HeaderGetter<>() {
        @Override
        public void get(HttpHeaders carrier, String name, HeaderValues values) {
            final List<String> all = carrier.map().get(name);
            for (int i = 0; all != null && i < all.size(); i++) {
                values.add(all.get(i));
            }
        }

        @Override
        public void getAll(HttpHeaders carrier, String prefix, HeaderValues values) {
            HeaderGetter.ofLists().getAll(carrier.map(), prefix, values);
        }
    };

    /** A builder can't be read or cleared: when copying a request, leave out headers that {@link Propagation#owns}. */
    public static final HeaderSetter<HttpRequest.Builder> SETTER =
            (request, name, value) -> request.setHeader(name, value.toString());

    private ClientHeaders() {}
}
