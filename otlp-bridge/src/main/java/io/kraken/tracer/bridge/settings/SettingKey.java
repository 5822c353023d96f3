package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.settings.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A setting of a specific destination, service, header or operation. In the name of the setting, such as {@code
 * destinations.<name>.type}, these are placeholders in angle brackets.
 *
 * @param owner the destination or service; null if the setting has none
 * @param part the header or operation; null if the setting has none
 */
record SettingKey(Setting<?> setting, String owner, String part) {

    static final String DESTINATIONS = "destinations.";
    static final String SERVICES = "services.";

    private static final String NAME = "<name>";
    private static final Pattern PLACEHOLDER = Pattern.compile("<[a-z]+>");
    private static final String OPERATIONS = ".operations";
    private static final List<String> SERVICE_GROUPS = List.of(".sampling", ".breaker", OPERATIONS);

    static SettingKey of(Setting<?> setting, String owner) {
        return new SettingKey(setting, owner, null);
    }

    static boolean isOfDestination(Setting<?> setting) {
        return setting.property().startsWith(DESTINATIONS);
    }

    static boolean isOfService(Setting<?> setting) {
        return setting.property().startsWith(SERVICES);
    }

    /** Whether it belongs to the bridge itself, not to a destination or service. */
    static boolean isGeneral(Setting<?> setting) {
        return !isOfDestination(setting) && !isOfService(setting);
    }

    /** The setting with a dotted name, in which '-' may replace '_'; null: unknown. */
    static SettingKey find(String name) {
        for (Setting<?> row : SettingsTable.rows()) {
            final SettingKey key = match(row, name, underscored(name));
            if (key != null) {
                return key;
            }
        }
        return null;
    }

    /**
     * The key if the name matches the name of a setting; else null. A destination's name has no dots; the one of a
     * service may have some, and ends before the first {@code .operations.}.
     */
    private static SettingKey match(Setting<?> setting, String name, String plain) {
        final String[] fixed = PLACEHOLDER.split(setting.property(), -1);
        final String last = fixed[fixed.length - 1];
        final int begin = fixed[0].length();
        final int end = name.length() - last.length();
        if (fixed.length == 1) {
            return plain.equals(last) ? of(setting, null) : null;
        }
        if (begin > end || !plain.startsWith(fixed[0]) || !plain.endsWith(last)) {
            return null;
        }
        final int cut = fixed.length == 2 ? end : plain.indexOf(fixed[1], begin);
        if (cut < 0 || fixed.length > 2 && cut + fixed[1].length() >= end) {
            return null;
        }
        final String owner = name.substring(begin, cut);
        if (isOfDestination(setting) ? owner.indexOf('.') >= 0 : owner.contains(OPERATIONS + ".")) {
            return null;
        }
        if (fixed.length == 2) {
            return of(setting, owner);
        }
        final String part = name.substring(cut + fixed[1].length(), end);
        return new SettingKey(setting, owner, isOfDestination(setting) ? part.toLowerCase(Locale.ROOT) : part);
    }

    private static String underscored(String name) {
        return name.replace('-', '_');
    }

    /** Whether there are settings whose names begin with this one and a dot. */
    static boolean isGroup(String name) {
        if (name.startsWith(SERVICES)) {
            return name.indexOf('.', SERVICES.length()) < 0
                    || SERVICE_GROUPS.stream().anyMatch(name::endsWith);
        }
        final String[] parts = name.split("\\.", 3);
        final boolean ofDestination = parts.length > 1 && name.startsWith(DESTINATIONS);
        final String group = ofDestination
                ? DESTINATIONS + NAME + (parts.length > 2 ? "." + underscored(parts[2]) : "")
                : underscored(name);
        return SettingsTable.rows().stream().anyMatch(row -> row.property().startsWith(group + "."));
    }

    /** The names of all settings, with the owner that an unknown name seems to have. */
    static List<String> similarTo(String unknown) {
        final String[] parts = unknown.split("\\.", 3);
        final List<String> names = new ArrayList<>();
        for (Setting<?> row : SettingsTable.rows()) {
            names.add(parts.length < 3 ? row.property() : of(row, parts[1]).toString());
        }
        return names;
    }

    @Override
    public String toString() {
        final String owned =
                owner == null ? setting.property() : setting.property().replace(NAME, owner);
        final int at = owned.lastIndexOf('<');
        return part == null || at < 0
                ? owned
                : owned.substring(0, at) + part + owned.substring(owned.indexOf('>', at) + 1);
    }
}
