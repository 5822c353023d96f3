package io.kraken.tracer.settings;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** The search for the known name that resembles a mistyped one most. */
public final class NearestName {

    private static final int LONGEST = 200;

    private NearestName() {}

    /** A name that begins with the mistyped one, or is similar to it, or whose last part is; empty: there is none. */
    public static Optional<String> of(String mistyped, Collection<String> known) {
        final String word = plain(mistyped);
        String nearest = null;
        int smallest = Math.max(2, word.length() / 4) + 1;
        for (String name : known) {
            final int distance = distance(word, plain(name), smallest);
            if (distance < smallest) {
                smallest = distance;
                nearest = name;
            }
        }
        return Optional.ofNullable(nearest);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace('-', '_');
    }

    private static int distance(String word, String name, int limit) {
        if (!word.isEmpty() && name.startsWith(word)) {
            return 0;
        }
        final String lastPart = name.substring(name.lastIndexOf('.') + 1);
        return Math.min(editDistance(word, name, limit), editDistance(word, lastPart, limit) + 1);
    }

    /**
     * The number of characters inserted, deleted, substituted, or swapped with their neighbour; the limit for words
     * that are too long to be compared, or whose lengths alone differ by as much.
     */
    private static int editDistance(String one, String other, int limit) {
        if (Math.max(one.length(), other.length()) > LONGEST || Math.abs(one.length() - other.length()) >= limit) {
            return limit;
        }
        int[] beforeLast = new int[other.length() + 1];
        int[] last = new int[other.length() + 1];
        int[] row = new int[other.length() + 1];
        Arrays.setAll(last, j -> j);
        for (int i = 1; i <= one.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                final boolean same = one.charAt(i - 1) == other.charAt(j - 1);
                row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            final int[] spare = beforeLast;
            beforeLast = last;
            last = row;
            row = spare;
        }
        return last[other.length()];
    }
}
