package io.kraken.tracer.settings;

import io.kraken.tracer.sampling.SamplingRule;
import io.kraken.tracer.sampling.SamplingRule.Match;
import io.kraken.tracer.settings.YamlFile.Entry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The reader of sampling rules in a settings file: lists of maps with a {@code rate}, and either {@code path} or {@code
 * operation}, also within a map {@code match}, and optionally {@code record}. An invalid rule is ignored and reported
 * as a problem; the others apply.
 */
final class RuleEntries {

    private static final List<String> LISTS = List.of("sampling.rules", "sampling_rules");
    private static final Pattern ITEM = Pattern.compile("(sampling[._]rules)\\[[0-9]+]\\.?");
    private static final String RATE = "rate";
    private static final String RECORD = "record";
    private static final Map<String, Match> PATTERNS = Map.of(
            "path", Match.PATH,
            "match.path_prefix", Match.PATH,
            "operation", Match.OPERATION,
            "match.operation", Match.OPERATION);

    private final SettingProblems problems;
    private final List<Entry> lists = new ArrayList<>();
    /** By the path of the list, then of the item. */
    private final Map<String, Map<String, List<Entry>>> items = new LinkedHashMap<>();

    RuleEntries(SettingProblems problems) {
        this.problems = problems;
    }

    static boolean isList(String path) {
        return LISTS.contains(path);
    }

    /** Takes the entry if it belongs to the rules; returns whether it does. */
    boolean take(Entry entry) {
        final Matcher item = ITEM.matcher(entry.path());
        if (item.lookingAt()) {
            items.computeIfAbsent(item.group(1), list -> new LinkedHashMap<>())
                    .computeIfAbsent(entry.path().substring(0, entry.path().indexOf(']') + 1), at -> new ArrayList<>())
                    .add(entry);
            return true;
        }
        if (!isList(entry.path())) {
            return false;
        }
        if (entry.value() == null) {
            lists.add(entry);
        } else {
            problems.problem(
                    YamlSettings.name(entry) + " is a single value in " + entry.place() + " and should be a list");
        }
        return true;
    }

    /** The lists that have items. */
    List<Entry> lists() {
        lists.removeIf(list -> !items.containsKey(list.path()));
        return lists;
    }

    List<SamplingRule> of(Entry list) {
        final List<SamplingRule> rules = new ArrayList<>();
        items.getOrDefault(list.path(), Map.of()).forEach((path, fields) -> {
            try {
                rules.add(rule(path, fields));
            } catch (IllegalArgumentException e) {
                problems.problem(YamlSettings.name(fields.get(0)) + " in "
                        + fields.get(0).place() + " is left out: " + SettingText.clean(String.valueOf(e.getMessage())));
            }
        });
        return List.copyOf(rules);
    }

    private SamplingRule rule(String path, List<Entry> fields) {
        Entry what = null;
        String rate = null;
        Boolean record = null;
        for (Entry field : fields) {
            final String name =
                    field.path().length() == path.length() ? "" : field.path().substring(path.length() + 1);
            if (field.value() == null) {
                continue;
            }
            if (PATTERNS.containsKey(name)) {
                if (what != null) {
                    throw new IllegalArgumentException("it has more than one path or operation");
                }
                what = field;
            } else if (name.equals(RATE)) {
                rate = field.value();
            } else if (name.equals(RECORD)) {
                record = switchOf(field);
            } else if (!name.isEmpty()) {
                problems.problem("unknown key " + YamlSettings.name(field) + " in " + field.place());
            }
        }
        if (what == null || rate == null) {
            throw new IllegalArgumentException("a rule needs a rate, and either a path or an operation");
        }
        final Match match = PATTERNS.get(what.path().substring(path.length() + 1));
        final double share = rateOf(rate);
        return record == null
                ? new SamplingRule(match, what.value(), share)
                : new SamplingRule(match, what.value(), share, record);
    }

    private static double rateOf(String text) {
        try {
            return SettingText.parseNumber(text.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("its rate is '" + text + "' and should be a number from 0 to 1", e);
        }
    }

    private static boolean switchOf(Entry field) {
        try {
            return SettingText.parseBoolean(field.value().strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("its record is '" + field.value() + "' and should be true or false", e);
        }
    }
}
