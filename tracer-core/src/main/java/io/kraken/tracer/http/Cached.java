package io.kraken.tracer.http;

import java.util.function.Function;

/**
 * A cache of values computed from keys that most requests repeat, such as the text of an address. A table of fixed size
 * in which the newest entry wins: a client that sends ever new values only makes it useless. Thread-safe: entries are
 * immutable, and it does not matter which thread finds which.
 */
final class Cached<K, V> {

    private static final int SIZE = 1024;

    private record Entry<K, V>(K key, V value) {}

    private final Entry<?, ?>[] entries = new Entry<?, ?>[SIZE];
    private final Function<K, V> make;

    Cached(Function<K, V> make) {
        this.make = make;
    }

    @SuppressWarnings("unchecked") // only this puts entries there
    V of(K key) {
        final int hash = key.hashCode();
        final int slot = (hash ^ hash >>> 16) & SIZE - 1;
        final Entry<K, V> found = (Entry<K, V>) entries[slot];
        if (found != null && found.key.equals(key)) {
            return found.value;
        }
        final V made = make.apply(key);
        entries[slot] = new Entry<>(key, made);
        return made;
    }
}
