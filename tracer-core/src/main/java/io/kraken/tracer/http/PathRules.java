package io.kraken.tracer.http;

import io.kraken.tracer.sampling.PathPattern;

/** A set of path patterns. Immutable. */
final class PathRules {

    static final PathRules NONE = new PathRules(new PathPattern[0]);

    private final PathPattern[] patterns;

    private PathRules(PathPattern[] patterns) {
        this.patterns = patterns;
    }

    static PathRules of(String... patterns) {
        final PathPattern[] compiled = new PathPattern[patterns.length];
        for (int i = 0; i < patterns.length; i++) {
            compiled[i] = PathPattern.of(patterns[i]);
        }
        return new PathRules(compiled);
    }

    boolean matches(String path) {
        for (PathPattern pattern : patterns) {
            if (pattern.matches(path)) {
                return true;
            }
        }
        return false;
    }
}
