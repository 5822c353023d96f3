package io.kraken.tracer.sampling;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The look-up of the first rule that matches a name. Found once for each symbol and kept in a table, so that later
 * look-ups are one read of an array; names without a symbol are matched each time.
 *
 * <p>Thread-safe without locks: an entry is either empty or right, whichever thread wrote it, and entries lost while
 * the table is replaced by a longer one are found again.
 */
final class Names {

    private static final int FIRST_LENGTH = 64;
    private static final int MAX_LENGTH = 1 << 20;

    private final int none;
    /** Names without wildcards, and the first rule of each. */
    private final Map<String, Integer> exact = new HashMap<>();

    private final String[] patterns;
    private final int[] rulesOfPatterns;
    /** By symbol, the index of the rule + 1. */
    private int[] known = new int[FIRST_LENGTH];

    Names(List<SamplingRule> rules) {
        none = rules.size();
        final String[] found = new String[none];
        final int[] at = new int[none];
        int count = 0;
        for (int i = 0; i < none; i++) {
            final SamplingRule rule = rules.get(i);
            if (rule.match() == SamplingRule.Match.OPERATION) {
                if (Glob.isPattern(rule.pattern())) {
                    found[count] = rule.pattern();
                    at[count++] = i;
                } else {
                    exact.putIfAbsent(rule.pattern(), i);
                }
            }
        }
        patterns = Arrays.copyOf(found, count);
        rulesOfPatterns = Arrays.copyOf(at, count);
    }

    boolean isEmpty() {
        return exact.isEmpty() && patterns.length == 0;
    }

    /** The index of the first rule for this name; the number of rules if none matches. */
    int first(int symbol, String name) {
        final int[] table = known;
        final int rule = symbol >= 0 && symbol < table.length ? table[symbol] : 0;
        return rule != 0 ? rule - 1 : find(symbol, name);
    }

    private int find(int symbol, String name) {
        if (name == null || isEmpty()) {
            return none;
        }
        final Integer itself = exact.get(name);
        int first = itself == null ? none : itself;
        for (int i = 0; i < patterns.length && rulesOfPatterns[i] < first; i++) {
            if (Glob.matches(patterns[i], name)) {
                first = rulesOfPatterns[i];
            }
        }
        if (symbol >= 0 && symbol < MAX_LENGTH) {
            keep(symbol, first);
        }
        return first;
    }

    private void keep(int symbol, int rule) {
        int[] table = known;
        if (symbol >= table.length) {
            table = Arrays.copyOf(table, Math.max(2 * table.length, Integer.highestOneBit(symbol) << 1));
            known = table;
        }
        table[symbol] = rule + 1;
    }
}
