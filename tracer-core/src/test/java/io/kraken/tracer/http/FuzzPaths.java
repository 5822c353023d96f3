package io.kraken.tracer.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Tracer;
import java.nio.charset.StandardCharsets;

/** Path patterns and a path, one a line each, as a fuzz target. */
public final class FuzzPaths {

    private FuzzPaths() {}

    public static void fuzzerTestOneInput(byte[] data) {
        final String[] lines = new String(data, StandardCharsets.ISO_8859_1).split("\n", 8);
        final String path = '/' + lines[0];
        final String[] patterns = new String[lines.length];
        for (int i = 1; i < lines.length; i++) {
            patterns[i] = '/' + lines[i];
        }
        patterns[0] = "/nothing/is/like/this\n";
        final HttpTracing rules = HttpTracing.of(Tracer.disabled()).without(patterns);
        final boolean silent = rules.silent.matches(path);
        assertTrue(!silent || path.endsWith("/") || rules.silent.matches(path + "/below"));
        rules.silent.matches(lines[0]);
        try {
            HttpTracing.of(Tracer.disabled()).without(lines);
        } catch (IllegalArgumentException expected) {
            assertTrue(expected.getMessage().contains("slash"));
        }
    }
}
