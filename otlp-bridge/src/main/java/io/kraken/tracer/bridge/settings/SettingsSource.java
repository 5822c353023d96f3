package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.BridgeSetting.Key;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The readers of the command line and of the environment, which return settings as unparsed names and texts. */
final class SettingsSource {

    static final String VARIABLE = "KRAKEN_BRIDGE_";

    private static final String COMMAND_LINE = "the command line";
    private static final String DESTINATION_VARIABLE = "DESTINATIONS_";
    private static final String HEADERS_VARIABLE = "HEADERS_";

    private SettingsSource() {}

    /**
     * An unparsed setting.
     *
     * @param name dotted, possibly unknown
     * @param value null if it has none
     * @param origin where it was found, as the end of a sentence
     */
    record Entry(String name, String value, String origin) {}

    /** {@code --name=value} or {@code --name value}. */
    static List<Entry> commandLine(List<String> arguments, List<String> problems) {
        final List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            final String argument = arguments.get(i);
            final int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals == 2 || argument.length() == 2) {
                // Not shown: it may be the end of a secret that contains a blank.
                problems.add("argument " + (i + 1) + " on " + COMMAND_LINE
                        + " is not a setting; settings look like --name=value");
            } else if (equals >= 0) {
                entries.add(new Entry(argument.substring(2, equals), argument.substring(equals + 1), COMMAND_LINE));
            } else if (i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("--")) {
                i++;
                entries.add(new Entry(argument.substring(2), arguments.get(i), COMMAND_LINE));
            } else {
                entries.add(new Entry(argument.substring(2), null, COMMAND_LINE));
            }
        }
        return entries;
    }

    /**
     * The variables with the bridge's prefix; empty ones are ignored.
     *
     * @param destinations known from other sources; the case and punctuation of their names is lost in variables
     */
    static List<Entry> environment(Map<String, String> variables, Collection<String> destinations) {
        final List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, String> variable : new TreeMap<>(variables).entrySet()) {
            if (variable.getKey().startsWith(VARIABLE) && !variable.getValue().isEmpty()) {
                final String name = settingOf(variable.getKey().substring(VARIABLE.length()), destinations);
                entries.add(new Entry(name, variable.getValue(), variable.getKey()));
            }
        }
        return entries;
    }

    /** The dotted name of a variable's setting, or the most similar one. */
    private static String settingOf(String variable, Collection<String> destinations) {
        if (variable.startsWith(DESTINATION_VARIABLE)) {
            final String rest = variable.substring(DESTINATION_VARIABLE.length());
            final String name = ofKnownDestination(rest, destinations);
            return name != null ? name : ofNewDestination(rest);
        }
        for (BridgeSetting<?> row : SettingsTable.rows()) {
            if (row.isGeneral() && variableOf(row.name()).equals(variable)) {
                return row.name();
            }
        }
        return variable.toLowerCase(Locale.ROOT);
    }

    /** The spelling of a name in variables. */
    static String variableOf(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static String ofKnownDestination(String rest, Collection<String> destinations) {
        String found = null;
        int longest = 0;
        for (String destination : destinations) {
            final String begin = variableOf(destination) + "_";
            final String setting =
                    rest.startsWith(begin) ? ofDestination(destination, rest.substring(begin.length())) : null;
            if (setting != null && begin.length() > longest) {
                longest = begin.length();
                found = setting;
            }
        }
        return found;
    }

    /** Splits at each underscore until the rest is a known setting; so the shortest destination name wins. */
    private static String ofNewDestination(String rest) {
        String likely = BridgeSetting.DESTINATIONS + rest.toLowerCase(Locale.ROOT);
        int smallest = Integer.MAX_VALUE;
        for (int at = rest.indexOf('_'); at >= 0; at = rest.indexOf('_', at + 1)) {
            final String destination = rest.substring(0, at).toLowerCase(Locale.ROOT);
            final String after = rest.substring(at + 1);
            final String setting = ofDestination(destination, after);
            if (setting != null) {
                return setting;
            }
            for (BridgeSetting<?> row : SettingsTable.rows()) {
                final int distance = EditDistance.between(variableOf(row.shortName()), after);
                if (row.isOfDestination() && distance < smallest) {
                    smallest = distance;
                    likely = BridgeSetting.DESTINATIONS + destination + "." + after.toLowerCase(Locale.ROOT);
                }
            }
        }
        return likely;
    }

    /** Header names in variables are converted to lower case, with hyphens for underscores. */
    private static String ofDestination(String destination, String variable) {
        if (variable.startsWith(HEADERS_VARIABLE) && variable.length() > HEADERS_VARIABLE.length()) {
            final String header = variable.substring(HEADERS_VARIABLE.length());
            return BridgeSetting.DESTINATIONS + destination + ".headers."
                    + header.replace('_', '-').toLowerCase(Locale.ROOT);
        }
        for (BridgeSetting<?> row : SettingsTable.rows()) {
            if (row.isOfDestination() && variableOf(row.shortName()).equals(variable)) {
                return new Key(row, destination, null).toString();
            }
        }
        return null;
    }
}
