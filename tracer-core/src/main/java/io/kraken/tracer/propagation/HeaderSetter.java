package io.kraken.tracer.propagation;

import java.util.List;
import java.util.Map;

/** Writes headers into a carrier. The texts are valid only until the method returns. */
@FunctionalInterface
public interface HeaderSetter<C> {

    /** Sets the header, replacing all of this name. */
    void set(C carrier, String name, HeaderText value);

    /** Sets a header whose name is known only at run time. Override this to avoid the concatenated string. */
    default void set(C carrier, String prefix, HeaderText name, HeaderText value) {
        set(carrier, prefix + name, value);
    }

    /**
     * Removes all headers of this name, so that a forwarded carrier does not refer to another trace. A setter that only
     * writes into new carriers need not override this.
     */
    default void remove(C carrier, String name) {}

    /** Removes all headers whose names begin with the prefix, which Jaeger's baggage needs. */
    default void removeAll(C carrier, String prefix) {}

    /** For maps whose names have the same case as the formats. */
    static HeaderSetter<Map<String, String>> ofMap() {
        return MapHeaders.SETTER;
    }

    /** For maps from names to all their values. */
    static HeaderSetter<Map<String, List<String>>> ofLists() {
        return MapHeaders.LISTS_SETTER;
    }
}
