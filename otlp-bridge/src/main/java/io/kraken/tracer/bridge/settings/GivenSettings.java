package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.settings.NearestName;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingEntry;
import io.kraken.tracer.settings.SettingText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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

    private static final String NO_SUGGESTION = "; see --help for all settings";

    private final Set<String> problems;
    private final Map<SettingKey, SettingEntry> given = new LinkedHashMap<>();
    /** By their spelling in variables: names that a variable cannot distinguish are the same destination. */
    private final Map<String, String> destinations = new LinkedHashMap<>();

    private final Set<String> services = new TreeSet<>();

    GivenSettings(Set<String> problems) {
        this.problems = problems;
    }

    /** Adds the settings of one source. */
    void take(List<SettingEntry> entries) {
        final Map<SettingKey, SettingEntry> taken = new LinkedHashMap<>();
        for (SettingEntry entry : entries) {
            if (entry.value() == null && isGroup(entry)) {
                continue;
            }
            final SettingKey key = SettingKey.find(entry.name());
            if (key == null) {
                refuse(entry);
            } else if (entry.value() == null) {
                problems.add(SettingText.clean(entry.name()) + " has no value in " + entry.origin());
            } else {
                put(taken, key, entry);
            }
        }
        given.putAll(taken);
    }

    private void put(Map<SettingKey, SettingEntry> taken, SettingKey key, SettingEntry entry) {
        final String owner = key.owner() == null || SettingKey.isOfService(key.setting())
                ? service(key.owner(), entry.origin())
                : destination(key.owner(), entry.origin());
        if (key.owner() != null && owner == null) {
            return;
        }
        final SettingKey known = new SettingKey(key.setting(), owner, key.part());
        final SettingEntry before = taken.put(known, entry);
        if (before != null) {
            problems.add(SettingText.clean(known.toString()) + " is given twice, in " + before.origin() + " and in "
                    + entry.origin());
        }
    }

    /**
     * Whether the entry is a map, which is not a setting. A destination without settings counts as a destination; a
     * known setting without a value is an error.
     */
    private boolean isGroup(SettingEntry entry) {
        final String[] parts = entry.name().split("\\.", -1);
        final boolean ofService = entry.name().startsWith(SettingKey.SERVICES);
        final boolean group = SettingKey.isGroup(entry.name()) || ofService && SettingKey.find(entry.name()) == null;
        if (group && parts.length == 2 && parts[0].equals("destinations")) {
            destination(parts[1], entry.origin());
        }
        return group;
    }

    /** The name as it was first spelled; null when it is not a valid destination name. */
    private String destination(String name, String origin) {
        if (!DESTINATION.matcher(name).matches()) {
            problems.add("a destination's name is '" + SettingText.clean(name) + "' in " + origin
                    + " and should be 1 to 64 letters, digits, '-' and '_', the first a letter or digit");
            return null;
        }
        final String known = destinations.putIfAbsent(Setting.environmentVariable(name), name);
        if (destinations.size() > MOST_DESTINATIONS) {
            problems.add("there are more than " + MOST_DESTINATIONS + " destinations");
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
            problems.add("a service's name is '" + SettingText.clean(name) + "' in " + origin + " and should have 1 to "
                    + LONGEST_SERVICE + " characters");
            return null;
        }
        services.add(name);
        if (services.size() > MOST_SERVICES) {
            problems.add("there are settings of more than " + MOST_SERVICES + " services");
            return null;
        }
        return name;
    }

    private void refuse(SettingEntry entry) {
        if (SettingKey.isGroup(entry.name())) {
            problems.add(SettingText.clean(entry.name()) + " is a single value in " + entry.origin()
                    + " and should be a map");
            return;
        }
        if (entry.origin().startsWith(SERVICES_VARIABLE)) {
            problems.add(SettingText.clean(entry.origin())
                    + ": variables cannot contain service names; use the file or the command line");
            return;
        }
        if (entry.origin().startsWith(SettingsSource.VARIABLE)) {
            final String variable = entry.origin().substring(SettingsSource.VARIABLE.length());
            problems.add("unknown variable " + SettingText.clean(entry.origin())
                    + NearestName.of(variable, SettingsSource.variablesLike(variable))
                            .map(nearest -> suggestion(SettingsSource.VARIABLE + nearest))
                            .orElse(NO_SUGGESTION));
        } else {
            problems.add("unknown setting '" + SettingText.clean(entry.name()) + "' in " + entry.origin()
                    + NearestName.of(entry.name(), SettingKey.similarTo(entry.name()))
                            .map(GivenSettings::suggestion)
                            .orElse(NO_SUGGESTION));
        }
    }

    private static String suggestion(String nearest) {
        return "; did you mean '" + SettingText.clean(nearest) + "'?";
    }

    /** Refuses those of these settings that are given. */
    void refuse(List<Setting<?>> settings, String owner, String why) {
        for (Setting<?> setting : settings) {
            final SettingKey key = SettingKey.of(setting, owner);
            if (isGiven(key)) {
                problem(key + " " + why + ", but is given in " + origin(key));
            }
        }
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
        for (SettingKey key : given.keySet()) {
            if (key.setting() == SettingsTable.HEADER && key.owner().equals(destination)) {
                headers.add(key.part());
            }
        }
        headers.sort(null);
        return headers;
    }

    /** All given settings of services, grouped by service. */
    List<SettingKey> ofServices() {
        final List<SettingKey> keys = new ArrayList<>();
        for (String service : services) {
            for (SettingKey key : given.keySet()) {
                if (SettingKey.isOfService(key.setting()) && key.owner().equals(service)) {
                    keys.add(key);
                }
            }
        }
        return keys;
    }

    /** The settings with another value, by name. */
    List<SettingKey> differencesFrom(GivenSettings before) {
        final Set<SettingKey> keys = new LinkedHashSet<>(before.given.keySet());
        keys.addAll(given.keySet());
        final List<SettingKey> different = new ArrayList<>();
        for (SettingKey key : keys) {
            if (!text(key).equals(before.text(key))) {
                different.add(key);
            }
        }
        different.sort(Comparator.comparing(SettingKey::toString));
        return different;
    }

    private String text(SettingKey key) {
        return isGiven(key) ? given.get(key).value().strip() : key.setting().defaultText();
    }

    boolean isGiven(SettingKey key) {
        return given.containsKey(key);
    }

    String origin(SettingKey key) {
        return isGiven(key) ? given.get(key).origin() : "default";
    }

    /** The text of the value or of the default, without secrets; empty: none. */
    String shown(SettingKey key) {
        return isGiven(key)
                ? key.setting().type().masked().apply(given.get(key).value().strip())
                : key.setting().defaultText();
    }

    <T> T value(Setting<T> setting) {
        return value(setting, (String) null);
    }

    <T> T value(Setting<T> setting, String owner) {
        return value(setting, SettingKey.of(setting, owner));
    }

    long nanos(Setting<Duration> setting) {
        return nanos(setting, null);
    }

    long nanos(Setting<Duration> setting, String owner) {
        return value(setting, owner).toNanos();
    }

    /** The given value if it is valid, else the default; null when there is neither. */
    <T> T value(Setting<T> setting, SettingKey key) {
        final SettingEntry entry = given.get(key);
        if (entry != null) {
            try {
                return setting.parse(entry.value());
            } catch (IllegalArgumentException e) {
                problems.add(setting.type().refusal(key.toString(), entry.value(), entry.origin()));
            }
        }
        return setting.byDefault();
    }

    /** The setting with its value and origin, for messages. */
    String named(Setting<?> setting, String owner) {
        final SettingKey key = SettingKey.of(setting, owner);
        return key + " (" + shown(key) + ", " + origin(key) + ")";
    }
}
