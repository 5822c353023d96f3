package io.kraken.tracer.sampling;

/**
 * A pattern of paths, which stands for a path and everything below it; {@code *} is any run of characters, even none,
 * within one segment: {@code /namespace/*}{@code /blobs/*}. Paths are compared as they are in the request, with what is
 * percent-encoded left so. Immutable.
 */
public final class PathPattern {

    private final String[] segments;

    private PathPattern(String[] segments) {
        this.segments = segments;
    }

    /** @throws IllegalArgumentException when it does not begin with a slash */
    public static PathPattern of(String pattern) {
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("a pattern of paths begins with a slash, this one does not: " + pattern);
        }
        return new PathPattern(pattern.substring(1).split("/"));
    }

    /** No path, null or without a slash in front, matches nothing. */
    public boolean matches(String path) {
        if (path == null || path.isEmpty() || path.charAt(0) != '/') {
            return false;
        }
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
            if (!Glob.matches(segment, path, from, to, Glob.NONE)) {
                return false;
            }
            from = to + 1;
        }
        return true;
    }
}
