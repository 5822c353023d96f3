package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The values of one request after the other, the same for everybody who is measured: 64 different ones, other objects
 * each time, as in a service.
 */
@State(Scope.Thread)
public class Request {

    static final String METHOD = "GET";
    static final int STATUS = 200;

    private static final int COUNT = 64;
    private static final long FIRST_SIZE = 100_000_000L;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final String[] digests = new String[COUNT];
    private final String[] namespaces = new String[COUNT];
    private int current;

    public Request() {
        for (int i = 0; i < COUNT; i++) {
            final long seed = GOLDEN * (i + 1);
            digests[i] = String.format(
                    "%016x%016x%016x%016x",
                    seed, Long.rotateLeft(seed, 17) * GOLDEN, Long.rotateLeft(seed, 31) * GOLDEN, ~seed * GOLDEN);
            namespaces[i] = "library/service-" + (100 + i);
        }
    }

    /** Goes on to the next one. */
    Request next() {
        current = (current + 1) & (COUNT - 1);
        return this;
    }

    String namespace() {
        return namespaces[current];
    }

    /** 64 hex characters. */
    String digest() {
        return digests[current];
    }

    long size() {
        return FIRST_SIZE + current;
    }
}
