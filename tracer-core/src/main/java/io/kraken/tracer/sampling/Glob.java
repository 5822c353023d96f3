package io.kraken.tracer.sampling;

/**
 * Patterns with stars. No star ever gives back what one before it has taken, so that however many there are it takes no
 * longer than to try what stands between two of them at each character.
 */
final class Glob {

    /** For patterns in which no character stands for any. */
    static final int NONE = -1;

    private Glob() {}

    /** Whether a pattern of names is one: others stand for themselves. */
    static boolean isPattern(String name) {
        return name.indexOf('*') >= 0 || name.indexOf('?') >= 0;
    }

    static boolean matches(String pattern, String name) {
        return matches(pattern, name, 0, name.length(), '?');
    }

    /**
     * Whether this part of a text is as the pattern says, in which {@code *} is any run of characters, even none, and
     * {@code any} any one.
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
