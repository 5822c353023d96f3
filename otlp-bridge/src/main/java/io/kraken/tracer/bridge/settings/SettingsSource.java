package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The readers of the command line and of the environment, which return settings as unparsed names and texts. */
final class SettingsSource {

    static final String VARIABLE = "KRAKEN_BRIDGE_";

    private static final String COMMAND_LINE = "the command line";
    private static final String DESTINATION_VARIABLE = "DESTINATIONS_";
    private static final String HEADERS_VARIABLE = "HEADERS_";

    private SettingsSource() {}

    /** {@code --name=value} or {@code --name value}. */
    static List<SettingEntry> commandLine(List<String> arguments, Set<String> problems) {
        final List<SettingEntry> entries = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            final String argument = arguments.get(i);
            final int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals == 2 || argument.length() == 2) {
                // Not shown: it may be the end of a secret that contains a blank.
                problems.add("argument " + (i + 1) + " on " + COMMAND_LINE
                        + " is not a setting; settings look like --name=value");
            } else if (equals >= 0) {
                entries.add(
                        new SettingEntry(argument.substring(2, equals), argument.substring(equals + 1), COMMAND_LINE));
            } else if (i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("--")) {
                i++;
                entries.add(new SettingEntry(argument.substring(2), arguments.get(i), COMMAND_LINE));
            } else {
                entries.add(new SettingEntry(argument.substring(2), null, COMMAND_LINE));
            }
        }
        return entries;
    }

    /**
     * The variables with the bridge's prefix; empty ones are ignored.
     *
     * @param destinations known from other sources; the case and punctuation of their names is lost in variables
     */
    static List<SettingEntry> environment(Map<String, String> variables, Collection<String> destinations) {
        final List<SettingEntry> entries = new ArrayList<>();
        for (Map.Entry<String, String> variable : new TreeMap<>(variables).entrySet()) {
            if (variable.getKey().startsWith(VARIABLE) && !variable.getValue().isEmpty()) {
                final String name = settingOf(variable.getKey().substring(VARIABLE.length()), destinations);
                entries.add(new SettingEntry(name, variable.getValue(), variable.getKey()));
            }
        }
        return entries;
    }

    /** The dotted name of a variable's setting, or the variable if it is unknown. */
    private static String settingOf(String variable, Collection<String> destinations) {
        return names(variable, destinations).stream()
                .filter(name -> Setting.environmentVariable(name).equals(variable))
                .findFirst()
                .orElse(variable.toLowerCase(Locale.ROOT));
    }

    /** The variables, without the prefix, that an unknown one may have been meant to be. */
    static List<String> variablesLike(String variable) {
        return names(variable, List.of()).stream()
                .map(Setting::environmentVariable)
                .toList();
    }

    /**
     * The dotted names of the settings that variables can contain. Destinations are the known ones, the longest first,
     * and those whose names the variable may contain, the shortest first.
     */
    private static List<String> names(String variable, Collection<String> destinations) {
        final List<String> names = new ArrayList<>();
        if (!variable.startsWith(DESTINATION_VARIABLE)) {
            addNames(names, null, "");
            return names;
        }
        final String rest = variable.substring(DESTINATION_VARIABLE.length());
        final List<String> owners = new ArrayList<>(destinations);
        owners.sort(Comparator.comparing(String::length).reversed());
        for (int at = rest.indexOf('_'); at >= 0; at = rest.indexOf('_', at + 1)) {
            owners.add(rest.substring(0, at).toLowerCase(Locale.ROOT));
        }
        for (String owner : owners) {
            if (rest.startsWith(Setting.environmentVariable(owner) + "_")) {
                addNames(names, owner, rest.substring(owner.length() + 1));
            }
        }
        return names;
    }

    /** Header names in variables are converted to lower case, with hyphens for underscores. */
    private static void addNames(List<String> names, String owner, String variable) {
        final String header = variable.startsWith(HEADERS_VARIABLE)
                ? variable.substring(HEADERS_VARIABLE.length())
                        .replace('_', '-')
                        .toLowerCase(Locale.ROOT)
                : "";
        for (Setting<?> row : SettingsTable.rows()) {
            if (owner == null ? SettingKey.isGeneral(row) : SettingKey.isOfDestination(row)) {
                final boolean ofHeader = row == SettingsTable.HEADER;
                if (!ofHeader || !header.isEmpty()) {
                    names.add(new SettingKey(row, owner, ofHeader ? header : null).toString());
                }
            }
        }
    }
}
