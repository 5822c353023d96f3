package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.BridgeSetting.Key;
import io.kraken.tracer.bridge.settings.SettingsSource.Entry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The settings that were given, with their origin; a source that is added later overrides earlier ones. An invalid
 * value is added to the list of problems and replaced by the default, so that all mistakes are reported together, each
 * once.
 */
final class GivenSettings {

    private static final Pattern DESTINATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
    private static final int MOST_DESTINATIONS = 16;
    private static final int MOST_SERVICES = 256;
    private static final int LONGEST_SERVICE = 255;
    private static final String SERVICES_VARIABLE = SettingsSource.VARIABLE + "SERVICES_";

    private final List<String> problems;
    private final Map<Key, Entry> given = new LinkedHashMap<>();
    /** By their spelling in variables: names that a variable cannot distinguish are the same destination. */
    private final Map<String, String> destinations = new LinkedHashMap<>();

    private final Set<String> services = new TreeSet<>();

    GivenSettings(List<String> problems) {
        this.problems = problems;
    }

    /** Adds the settings of one source. */
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
                problems.add(SettingKind.clean(entry.name()) + " has no value in " + entry.origin());
            } else {
                put(taken, key, entry);
            }
        }
        given.putAll(taken);
    }

    private void put(Map<Key, Entry> taken, Key key, Entry entry) {
        final String owner = key.owner() == null || key.setting().isOfService()
                ? service(key.owner(), entry.origin())
                : destination(key.owner(), entry.origin());
        if (key.owner() != null && owner == null) {
            return;
        }
        final Key known = new Key(key.setting(), owner, key.part());
        final Entry before = taken.put(known, entry);
        if (before != null) {
            problems.add(SettingKind.clean(known.toString()) + " is given twice, in " + before.origin() + " and in "
                    + entry.origin());
        }
    }

    /**
     * Whether the entry is a map, which is not a setting. A destination without settings counts as a destination; a
     * known setting without a value is an error.
     */
    private boolean isGroup(Entry entry) {
        final String[] parts = entry.name().split("\\.", -1);
        final boolean group = SettingsTable.isGroup(entry.name()) || ServiceSettings.isWithin(entry.name());
        if (group && parts.length == 2 && parts[0].equals("destinations")) {
            destination(parts[1], entry.origin());
        }
        return group;
    }

    /** The name as it was first spelled; null when it is not a valid destination name. */
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

    /** Null when it is not a valid service name. */
    private String service(String name, String origin) {
        if (name == null) {
            return null;
        }
        if (name.isEmpty() || name.length() > LONGEST_SERVICE) {
            addOnce("a service's name is '" + SettingKind.clean(name) + "' in " + origin + " and should have 1 to "
                    + LONGEST_SERVICE + " characters");
            return null;
        }
        services.add(name);
        if (services.size() > MOST_SERVICES) {
            addOnce("there are settings of more than " + MOST_SERVICES + " services");
            return null;
        }
        return name;
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
        if (entry.origin().startsWith(SERVICES_VARIABLE)) {
            problems.add(SettingKind.clean(entry.origin())
                    + ": variables cannot contain service names; use the file or the command line");
            return;
        }
        final boolean variable = entry.origin().startsWith(SettingsSource.VARIABLE);
        final String nearest = SettingsTable.nearest(entry.name());
        final String suggestion = variable ? SettingsSource.VARIABLE + SettingsSource.variableOf(nearest) : nearest;
        problems.add((variable
                        ? "unknown variable " + SettingKind.clean(entry.origin())
                        : "unknown setting '" + SettingKind.clean(entry.name()) + "' in " + entry.origin())
                + (nearest.isEmpty()
                        ? "; see --help for all settings"
                        : "; did you mean '" + SettingKind.clean(suggestion) + "'?"));
    }

    void problem(String problem) {
        problems.add(problem);
    }

    /** The names of the destinations, in the order in which they were found. */
    Collection<String> destinations() {
        return destinations.values();
    }

    /** The names of one destination's headers that were given. */
    List<String> headers(String destination) {
        final List<String> headers = new ArrayList<>();
        for (Key key : given.keySet()) {
            if (key.setting() == SettingsTable.HEADER && key.owner().equals(destination)) {
                headers.add(key.part());
            }
        }
        headers.sort(null);
        return headers;
    }

    /** All given settings of services, grouped by service. */
    List<Key> ofServices() {
        final List<Key> keys = new ArrayList<>();
        for (String service : services) {
            for (Key key : given.keySet()) {
                if (key.setting().isOfService() && key.owner().equals(service)) {
                    keys.add(key);
                }
            }
        }
        return keys;
    }

    boolean isGiven(Key key) {
        return given.containsKey(key);
    }

    String origin(Key key) {
        return isGiven(key) ? given.get(key).origin() : "default";
    }

    /** The text of the value or of the default; empty: none. */
    String text(Key key) {
        return isGiven(key) ? given.get(key).value().strip() : key.setting().byDefault();
    }

    <T> T value(BridgeSetting<T> setting) {
        return value(setting, new Key(setting, null, null));
    }

    <T> T value(BridgeSetting<T> setting, String destination) {
        return value(setting, new Key(setting, destination, null));
    }

    /** The given value if it is valid, else the default; null when there is neither. */
    <T> T value(BridgeSetting<T> setting, Key key) {
        final Entry entry = given.get(key);
        if (entry != null) {
            final T value = setting.kind().parse(entry.value());
            if (value != null) {
                return value;
            }
            final String text = setting.kind().shown().apply(entry.value().strip());
            addOnce(SettingKind.clean(key.toString()) + " is '" + text + "' in " + entry.origin() + " and should be "
                    + setting.kind().range());
        }
        return setting.byDefault().isEmpty() ? null : setting.kind().parse(setting.byDefault());
    }

    /** The setting with its value and origin, for messages. */
    String named(BridgeSetting<?> setting, String destination) {
        final Key key = new Key(setting, destination, null);
        final String text = setting.kind().shown().apply(text(key));
        return key + " (" + text + ", " + origin(key) + ")";
    }
}
