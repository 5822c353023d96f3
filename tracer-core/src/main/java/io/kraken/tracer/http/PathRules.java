package io.kraken.tracer.http;

import java.util.ArrayList;
import java.util.List;

/**
 * Patterns of paths, compiled once. A pattern stands for a path and everything below it; {@code *} is any run of
 * characters, even none, within one segment: {@code /namespace/*}{@code /blobs/*}. Paths are compared as they are in
 * the request, with what is percent-encoded left so. Immutable.
 */
final class PathRules {

    static final PathRules NONE = new PathRules(new String[0][]);

    /** The segments of each. */
    private final String[][] patterns;

    private PathRules(String[][] patterns) {
        this.patterns = patterns;
    }

    static PathRules of(String... patterns) {
        final List<String[]> compiled = new ArrayList<>();
        for (String pattern : patterns) {
            if (!pattern.startsWith("/")) {
                throw new IllegalArgumentException(
                        "a pattern of paths begins with a slash, this one does not: " + pattern);
            }
            compiled.add(pattern.substring(1).split("/"));
        }
        return new PathRules(compiled.toArray(new String[0][]));
    }

    boolean matches(String path) {
        if (path == null || path.isEmpty() || path.charAt(0) != '/') {
            return false;
        }
        for (String[] pattern : patterns) {
            if (matches(pattern, path)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String[] segments, String path) {
        if (segments.length == 1 && segments[0].isEmpty()) {
            return true; // everything is below the root
        }
        int from = 1;
        for (String segment : segments) {
            if (from > path.length()) {
                return false;
            }
            final int slash = path.indexOf('/', from);
            final int to = slash < 0 ? path.length() : slash;
            if (!matches(segment, path, from, to)) {
                return false;
            }
            from = to + 1;
        }
        return true;
    }

    /** Whether a segment is as its pattern says. No star ever gives back what one before it has taken. */
    private static boolean matches(String pattern, String path, int from, int to) {
        int p = 0;
        int star = -1;
        int resume = from;
        int at = from;
        while (at < to) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resume = at;
            } else if (p < pattern.length() && pattern.charAt(p) == path.charAt(at)) {
                p++;
                at++;
            } else if (star >= 0) {
                p = star + 1;
                at = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
