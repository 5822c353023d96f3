package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.BridgeSetting.Key;
import io.kraken.tracer.bridge.SettingsSource.Entry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What was given, by setting: what is taken later counts more. Collects what is wrong and goes on with the default, so
 * that one mistake is reported once, together with all others.
 */
final class GivenSettings {

    private static final Pattern DESTINATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    private static final int MOST_DESTINATIONS = 16;

    private final List<String> problems;
    private final Map<Key, Entry> given = new LinkedHashMap<>();
    /** By what a variable can say of them: two names that it can't tell apart are one. */
    private final Map<String, String> destinations = new LinkedHashMap<>();

    GivenSettings(List<String> problems) {
        this.problems = problems;
    }

    /** Adds what one source says. */
    void take(List<Entry> entries) {
        final Map<Key, Entry> taken = new LinkedHashMap<>();
        for (Entry entry : entries) {
            if (entry.value() == null && isGroup(entry)) {
                continue;
            }
            final Key key = SettingsTable.find(entry.name());
            if (key == null) {
                refuse(entry);
            } else if (entry.value() == null) {
                problems.add(entry.name() + " has no value in " + entry.origin());
            } else {
                put(taken, key, entry);
            }
        }
        given.putAll(taken);
    }

    private void put(Map<Key, Entry> taken, Key key, Entry entry) {
        final String destination = key.destination() == null ? null : destination(key.destination(), entry.origin());
        if (key.destination() != null && destination == null) {
            return;
        }
        final Key known = new Key(key.setting(), destination, key.header());
        final Entry before = taken.put(known, entry);
        if (before != null) {
            problems.add(known + " is given twice, in " + before.origin() + " and in " + entry.origin());
        }
    }

    /** A map is no setting; but a destination with nothing in it is one, and a known name with nothing in it is wrong. */
    private boolean isGroup(Entry entry) {
        final String[] parts = entry.name().split("\\.", -1);
        final boolean group = SettingsTable.isGroup(entry.name());
        if (group && parts.length == 2 && parts[0].equals("destinations")) {
            destination(parts[1], entry.origin());
        }
        return group;
    }

    /** As it was first spelled; null when it can't be a destination's name. */
    private String destination(String name, String origin) {
        if (!DESTINATION.matcher(name).matches()) {
            addOnce("a destination's name is '" + SettingKind.clean(name) + "' in " + origin
                    + " and should be 1 to 64 letters, digits, '-' and '_', the first a letter or digit");
            return null;
        }
        final String known = destinations.putIfAbsent(SettingsSource.variableOf(name), name);
        if (destinations.size() > MOST_DESTINATIONS) {
            addOnce("there are more than " + MOST_DESTINATIONS + " destinations");
            return null;
        }
        return known == null ? name : known;
    }

    private void addOnce(String problem) {
        if (!problems.contains(problem)) {
            problems.add(problem);
        }
    }

    private void refuse(Entry entry) {
        if (SettingsTable.isGroup(entry.name())) {
            problems.add(SettingKind.clean(entry.name()) + " is a single value in " + entry.origin()
                    + " and should be a map");
            return;
        }
        final boolean variable = entry.origin().startsWith(SettingsSource.VARIABLE);
        final String nearest = SettingsTable.nearest(entry.name());
        final String suggestion = variable ? SettingsSource.VARIABLE + SettingsSource.variableOf(nearest) : nearest;
        problems.add((variable
                        ? "unknown variable " + SettingKind.clean(entry.origin())
                        : "unknown setting '" + SettingKind.clean(entry.name()) + "' in " + entry.origin())
                + (nearest.isEmpty() ? "; see --help for all there are" : "; did you mean '" + suggestion + "'?"));
    }

    void problem(String problem) {
        problems.add(problem);
    }

    /** In the order in which they were found. */
    Collection<String> destinations() {
        return destinations.values();
    }

    /** Of one destination, those that were given. */
    List<String> headers(String destination) {
        final List<String> headers = new ArrayList<>();
        for (Key key : given.keySet()) {
            if (key.header() != null && key.destination().equals(destination)) {
                headers.add(key.header());
            }
        }
        headers.sort(null);
        return headers;
    }

    boolean isGiven(Key key) {
        return given.containsKey(key);
    }

    String origin(Key key) {
        return isGiven(key) ? given.get(key).origin() : "default";
    }

    /** As the operator wrote it, or would have to; empty: nothing. */
    String text(Key key) {
        return isGiven(key) ? given.get(key).value().strip() : key.setting().byDefault();
    }

    <T> T value(BridgeSetting<T> setting) {
        return value(setting, new Key(setting, null, null));
    }

    <T> T value(BridgeSetting<T> setting, String destination) {
        return value(setting, new Key(setting, destination, null));
    }

    /** What was given if it can be used, else the default; null when there is neither. */
    <T> T value(BridgeSetting<T> setting, Key key) {
        final Entry entry = given.get(key);
        if (entry != null) {
            final T value = setting.kind().parse(entry.value());
            if (value != null) {
                return value;
            }
            final String text = setting.kind().shown().apply(entry.value().strip());
            addOnce(key + " is '" + text + "' in " + entry.origin() + " and should be "
                    + setting.kind().range());
        }
        return setting.byDefault().isEmpty() ? null : setting.kind().parse(setting.byDefault());
    }

    /** The setting with its value and origin, for a sentence about several of them. */
    String named(BridgeSetting<?> setting, String destination) {
        final Key key = new Key(setting, destination, null);
        final String text = setting.kind().shown().apply(text(key));
        return key + " (" + text + ", " + origin(key) + ")";
    }
}
