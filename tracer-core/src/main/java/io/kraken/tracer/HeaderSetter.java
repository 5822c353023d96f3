package io.kraken.tracer;

import java.util.List;
import java.util.Map;

/** How headers are written into a carrier. The texts are good until the method returns. */
@FunctionalInterface
public interface HeaderSetter<C> {

    /** Puts the header into the carrier, in place of any that it has under this name. */
    void set(C carrier, String name, HeaderText value);

    /** A header whose name is only known at run time. Whoever does not want a string for that overrides this. */
    default void set(C carrier, String prefix, HeaderText name, HeaderText value) {
        set(carrier, prefix + name, value);
    }

    /**
     * Takes all headers of this name away: a carrier that came from elsewhere and goes on is not to speak of another
     * trace. Whoever only writes into carriers that are new need not override this.
     */
    default void remove(C carrier, String name) {}

    /** Takes away all headers whose names begin with the prefix, as Jaeger's baggage has them. */
    default void removeAll(C carrier, String prefix) {}

    /** For maps that have the names in the case that the formats have. */
    static HeaderSetter<Map<String, String>> ofMap() {
        return MapHeaders.SETTER;
    }

    /** For maps from names to all their values. */
    static HeaderSetter<Map<String, List<String>>> ofLists() {
        return MapHeaders.LISTS_SETTER;
    }
}
