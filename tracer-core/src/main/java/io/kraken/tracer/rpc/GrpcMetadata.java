package io.kraken.tracer.rpc;

import io.grpc.Metadata;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderText;
import io.kraken.tracer.propagation.HeaderValues;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The metadata of a gRPC call as a carrier. gRPC takes and returns a string for each value. Binary headers are ignored,
 * whatever their prefix.
 */
public final class GrpcMetadata {

    public static final HeaderGetter<Metadata> GETTER = new Getter();
    public static final HeaderSetter<Metadata> SETTER = new Setter();

    /** The keys of the formats, a handful. */
    private static final Map<String, Metadata.Key<String>> KEYS = new ConcurrentHashMap<>();

    private static final int MAX_KEYS = 64;

    private GrpcMetadata() {}

    private static Metadata.Key<String> key(String name) {
        final Metadata.Key<String> known = KEYS.get(name);
        if (known != null) {
            return known;
        }
        final Metadata.Key<String> key = newKey(name);
        if (KEYS.size() < MAX_KEYS) {
            KEYS.put(name, key);
        }
        return key;
    }

    private static Metadata.Key<String> newKey(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    /** Null if the name has another prefix or is invalid for gRPC: a sender may use any name. */
    private static Metadata.Key<String> keyOf(String name, String prefix) {
        if (!name.startsWith(prefix) || name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            return null;
        }
        try {
            return newKey(name);
        } catch (IllegalArgumentException ignored) {
            return null;
        }
    }

    private static final class Getter implements HeaderGetter<Metadata> {

        @Override
        public void get(Metadata metadata, String name, HeaderValues values) {
            final Iterable<String> all = metadata.getAll(key(name));
            if (all != null) {
                for (String value : all) {
                    values.add(value);
                }
            }
        }

        @Override
        public void getAll(Metadata metadata, String prefix, HeaderValues values) {
            for (String name : metadata.keys()) {
                final Metadata.Key<String> key = keyOf(name, prefix);
                final Iterable<String> all = key == null ? null : metadata.getAll(key);
                if (all != null) {
                    final String rest = name.substring(prefix.length());
                    for (String value : all) {
                        values.add(rest, value);
                    }
                }
            }
        }
    }

    private static final class Setter implements HeaderSetter<Metadata> {

        @Override
        public void set(Metadata metadata, String name, HeaderText value) {
            put(metadata, key(name), value);
        }

        /** Ignores a name that is invalid for gRPC. */
        @Override
        public void set(Metadata metadata, String prefix, HeaderText name, HeaderText value) {
            final Metadata.Key<String> key;
            try {
                key = newKey(prefix + name);
            } catch (IllegalArgumentException ignored) {
                return;
            }
            put(metadata, key, value);
        }

        @Override
        public void remove(Metadata metadata, String name) {
            metadata.discardAll(key(name));
        }

        @Override
        public void removeAll(Metadata metadata, String prefix) {
            for (String name : metadata.keys()) {
                final Metadata.Key<String> key = keyOf(name, prefix);
                if (key != null) {
                    metadata.discardAll(key);
                }
            }
        }

        private static void put(Metadata metadata, Metadata.Key<String> key, HeaderText value) {
            metadata.discardAll(key);
            metadata.put(key, value.toString());
        }
    }
}
