package io.kraken.tracer.settings;

import io.kraken.tracer.sampling.SamplingRule;
import io.kraken.tracer.sampling.SamplingRule.Match;
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
    private final List<SettingEntry> lists = new ArrayList<>();
    /** By the path of the list, then of the item. */
    private final Map<String, Map<String, List<SettingEntry>>> items = new LinkedHashMap<>();

    RuleEntries(SettingProblems problems) {
        this.problems = problems;
    }

    static boolean isList(String path) {
        return LISTS.contains(path);
    }

    /** Takes the entry if it belongs to the rules; returns whether it does. */
    boolean take(SettingEntry entry) {
        final Matcher item = ITEM.matcher(entry.name());
        if (item.lookingAt()) {
            items.computeIfAbsent(item.group(1), list -> new LinkedHashMap<>())
                    .computeIfAbsent(entry.name().substring(0, entry.name().indexOf(']') + 1), at -> new ArrayList<>())
                    .add(entry);
            return true;
        }
        if (!isList(entry.name())) {
            return false;
        }
        if (entry.value() == null) {
            lists.add(entry);
        } else {
            problems.problem(
                    YamlSettings.name(entry) + " is a single value in " + entry.origin() + " and should be a list");
        }
        return true;
    }

    /** The lists that have items. */
    List<SettingEntry> lists() {
        lists.removeIf(list -> !items.containsKey(list.name()));
        return lists;
    }

    List<SamplingRule> of(SettingEntry list) {
        final List<SamplingRule> rules = new ArrayList<>();
        items.getOrDefault(list.name(), Map.of()).forEach((path, fields) -> {
            try {
                rules.add(rule(path, fields));
            } catch (IllegalArgumentException e) {
                problems.problem(YamlSettings.name(fields.get(0)) + " in "
                        + fields.get(0).origin() + " is left out: "
                        + SettingText.clean(String.valueOf(e.getMessage())));
            }
        });
        return List.copyOf(rules);
    }

    private SamplingRule rule(String path, List<SettingEntry> fields) {
        SettingEntry what = null;
        String rate = null;
        Boolean record = null;
        for (SettingEntry field : fields) {
            final String name =
                    field.name().length() == path.length() ? "" : field.name().substring(path.length() + 1);
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
                record = parsed("its record", SettingType.SWITCH, field.value());
            } else if (!name.isEmpty()) {
                problems.problem("unknown key " + YamlSettings.name(field) + " in " + field.origin());
            }
        }
        if (what == null || rate == null) {
            throw new IllegalArgumentException("a rule needs a rate, and either a path or an operation");
        }
        final Match match = PATTERNS.get(what.name().substring(path.length() + 1));
        final double share = parsed("its rate", SettingType.SHARE, rate);
        return record == null
                ? new SamplingRule(match, what.value(), share)
                : new SamplingRule(match, what.value(), share, record);
    }

    private static <T> T parsed(String name, SettingType<T> type, String text) {
        try {
            return type.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(type.refusal(name, text, ""), e);
        }
    }
}
