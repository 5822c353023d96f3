package io.kraken.tracer.propagation;

import java.util.List;
import java.util.Map;

/** Getters and setters for maps as carriers. */
final class MapHeaders {

    static final HeaderGetter<Map<String, String>> GETTER = new HeaderGetter<>() {
        @Override
        public void get(Map<String, String> carrier, String name, HeaderValues values) {
            carrier.forEach(values.named(name));
        }

        @Override
        public void getAll(Map<String, String> carrier, String prefix, HeaderValues values) {
            carrier.forEach(values.beginningWith(prefix));
        }
    };

    static final HeaderGetter<Map<String, List<String>>> LISTS_GETTER = new HeaderGetter<>() {
        @Override
        public void get(Map<String, List<String>> carrier, String name, HeaderValues values) {
            carrier.forEach(values.allNamed(name));
        }

        @Override
        public void getAll(Map<String, List<String>> carrier, String prefix, HeaderValues values) {
            carrier.forEach(values.allBeginningWith(prefix));
        }
    };

    static final HeaderSetter<Map<String, String>> SETTER = new Setter<>() {
        @Override
        public void set(Map<String, String> carrier, String name, HeaderText value) {
            carrier.put(name, value.toString());
        }
    };

    static final HeaderSetter<Map<String, List<String>>> LISTS_SETTER = new Setter<>() {
        @Override
        public void set(Map<String, List<String>> carrier, String name, HeaderText value) {
            carrier.put(name, List.of(value.toString()));
        }
    };

    private MapHeaders() {}

    private abstract static class Setter<V> implements HeaderSetter<Map<String, V>> {

        @Override
        public void remove(Map<String, V> carrier, String name) {
            carrier.remove(name);
        }

        @Override
        public void removeAll(Map<String, V> carrier, String prefix) {
            carrier.keySet().removeIf(name -> name != null && name.regionMatches(true, 0, prefix, 0, prefix.length()));
        }
    }
}
