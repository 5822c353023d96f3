package io.kraken.tracer.sampling;

/**
 * A pattern that matches a path and everything below it; {@code *} stands for any characters, even none, within one
 * segment: {@code /namespace/*}{@code /blobs/*}. Paths are compared as in the request, without decoding
 * percent-encoding. Immutable.
 */
public final class PathPattern {

    private final String[] segments;
    /** By segment, whether it contains no star. */
    private final boolean[] plain;

    private PathPattern(String[] segments) {
        this.segments = segments;
        plain = new boolean[segments.length];
        for (int i = 0; i < segments.length; i++) {
            plain[i] = segments[i].indexOf('*') < 0;
        }
    }

    /** @throws IllegalArgumentException if it does not begin with a slash */
    public static PathPattern of(String pattern) {
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("a path pattern must begin with a slash: " + pattern);
        }
        // Trailing slashes are ignored; a pattern of slashes only matches every path.
        final String below = pattern.substring(1);
        return new PathPattern(below.isEmpty() ? new String[0] : below.split("/"));
    }

    /** False for null and for a path that does not begin with a slash. */
    public boolean matches(String path) {
        if (path == null || path.isEmpty() || path.charAt(0) != '/') {
            return false;
        }
        int from = 1;
        for (int i = 0; i < segments.length; i++) {
            final int end = plain[i] ? endOfPlain(segments[i], path, from) : endOfMatch(segments[i], path, from);
            if (end < 0) {
                return false;
            }
            from = end + 1;
        }
        return true;
    }

    /** The end of the path's segment, -1 if it is a different one. */
    private static int endOfPlain(String segment, String path, int from) {
        final int end = from + segment.length();
        return path.startsWith(segment, from) && (end == path.length() || path.charAt(end) == '/') ? end : -1;
    }

    private static int endOfMatch(String segment, String path, int from) {
        if (from > path.length()) {
            return -1;
        }
        final int slash = path.indexOf('/', from);
        final int to = slash < 0 ? path.length() : slash;
        return Glob.matches(segment, path, from, to, Glob.NONE) ? to : -1;
    }
}
