package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The values of consecutive requests, the same for all systems: 64 different ones, as new objects each time, as in a
 * service.
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
        this("library/service-");
    }

    private Request(String prefix) {
        for (int i = 0; i < COUNT; i++) {
            final long seed = GOLDEN * (i + 1);
            digests[i] = String.format(
                    "%016x%016x%016x%016x",
                    seed, Long.rotateLeft(seed, 17) * GOLDEN, Long.rotateLeft(seed, 31) * GOLDEN, ~seed * GOLDEN);
            namespaces[i] = prefix + (100 + i);
        }
    }

    /** The same with namespaces that need more than Latin-1. */
    static Request wide() {
        return new Request("\u30e9\u30a4\u30d6\u30e9\u30ea/\u30b5\u30fc\u30d3\u30b9-");
    }

    /** Moves to the next request. */
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
