package io.kraken.tracer;

import java.util.List;
import java.util.Map;

/**
 * How headers are read from a carrier: a request, a message, a map. Whether names differ in more than their case is the
 * carrier's to know; HTTP's don't.
 */
@FunctionalInterface
public interface HeaderGetter<C> {

    /** Adds all values that the carrier has under this name, in their order, as characters or as bytes. */
    void get(C carrier, String name, HeaderValues values);

    /**
     * Adds all headers whose names begin with the prefix, each with the rest of its name. Only Jaeger's baggage is
     * spread over headers like that; without it there is none.
     */
    default void getAll(C carrier, String prefix, HeaderValues values) {}

    /** For maps, in whatever case their names are. */
    static HeaderGetter<Map<String, String>> ofMap() {
        return MapHeaders.GETTER;
    }

    /** For maps from names to all their values. */
    static HeaderGetter<Map<String, List<String>>> ofLists() {
        return MapHeaders.LISTS_GETTER;
    }
}
