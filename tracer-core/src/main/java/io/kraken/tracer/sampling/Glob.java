package io.kraken.tracer.sampling;

/**
 * A matcher for patterns with stars. It never backtracks beyond the last star, so with any number of stars it takes no
 * longer than trying the text between two stars at each character.
 */
final class Glob {

    /** For patterns without a wildcard for a single character. */
    static final int NONE = -1;

    private Glob() {}

    /** Whether a name contains wildcards; otherwise it matches only itself. */
    static boolean isPattern(String name) {
        return name.indexOf('*') >= 0 || name.indexOf('?') >= 0;
    }

    static boolean matches(String pattern, String name) {
        return matches(pattern, name, 0, name.length(), '?');
    }

    /**
     * Whether this part of a text matches the pattern, in which {@code *} stands for any characters, even none, and
     * {@code any} for any single one.
     */
    static boolean matches(String pattern, String text, int from, int to, int any) {
        final int length = pattern.length();
        int p = 0;
        int star = -1;
        int resume = from;
        int at = from;
        while (at < to) {
            final int c = p < length ? pattern.charAt(p) : NONE;
            if (c == '*') {
                if (p == length - 1) {
                    return true;
                }
                star = p++;
                resume = at;
            } else if (c >= 0 && (c == any || c == text.charAt(at))) {
                p++;
                at++;
            } else if (star >= 0) {
                p = star + 1;
                at = ++resume;
            } else {
                return false;
            }
        }
        while (p < length && pattern.charAt(p) == '*') {
            p++;
        }
        return p == length;
    }
}
