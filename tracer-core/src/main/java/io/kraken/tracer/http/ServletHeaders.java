package io.kraken.tracer.http;

import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderValues;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;

/** The headers of a servlet request as a carrier. */
public final class ServletHeaders {

    public static final HeaderGetter<HttpServletRequest> GETTER = new HeaderGetter<>() {
        @Override
        public void get(HttpServletRequest carrier, String name, HeaderValues values) {
            final Enumeration<String> all = carrier.getHeaders(name);
            while (all != null && all.hasMoreElements()) {
                values.add(all.nextElement());
            }
        }

        @Override
        public void getAll(HttpServletRequest carrier, String prefix, HeaderValues values) {
            final Enumeration<String> names = carrier.getHeaderNames();
            while (names != null && names.hasMoreElements()) {
                final String name = names.nextElement();
                if (name.regionMatches(true, 0, prefix, 0, prefix.length())) {
                    final String rest = name.substring(prefix.length());
                    final Enumeration<String> all = carrier.getHeaders(name);
                    while (all != null && all.hasMoreElements()) {
                        values.add(rest, all.nextElement());
                    }
                }
            }
        }
    };

    private ServletHeaders() {}
}
