package io.kraken.tracer.propagation;

import java.util.List;
import java.util.Map;

/**
 * Reads headers from a carrier: a request, a message, a map. The carrier decides whether names are case-sensitive;
 * those of HTTP are not.
 */
@FunctionalInterface
public interface HeaderGetter<C> {

    /** Adds all values that the carrier has under this name, in order, as characters or as bytes. */
    void get(C carrier, String name, HeaderValues values);

    /**
     * Adds all headers whose names begin with the prefix, each with the rest of its name. Needed only for Jaeger's
     * baggage, which uses a header for each key; without an implementation no such baggage is read.
     */
    default void getAll(C carrier, String prefix, HeaderValues values) {}

    /** For maps; names are matched in any case. */
    static HeaderGetter<Map<String, String>> ofMap() {
        return MapHeaders.GETTER;
    }

    /** For maps from names to all their values. */
    static HeaderGetter<Map<String, List<String>>> ofLists() {
        return MapHeaders.LISTS_GETTER;
    }
}
