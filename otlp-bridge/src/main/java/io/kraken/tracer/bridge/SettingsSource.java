package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.BridgeSetting.Key;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The command line and the environment, as names and texts of settings; what they mean is decided by who reads them.
 */
final class SettingsSource {

    static final String VARIABLE = "KRAKEN_BRIDGE_";

    private static final String COMMAND_LINE = "the command line";
    private static final String DESTINATION_VARIABLE = "DESTINATIONS_";
    private static final String HEADERS_VARIABLE = "HEADERS_";

    private SettingsSource() {}

    /**
     * A setting as it was found.
     *
     * @param name dotted, and perhaps of no setting at all
     * @param value null when there is none
     * @param origin where it was found, to end a sentence with
     */
    record Entry(String name, String value, String origin) {}

    /** {@code --name=value} or {@code --name value}. */
    static List<Entry> commandLine(List<String> arguments, List<String> problems) {
        final List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            final String argument = arguments.get(i);
            final int equals = argument.indexOf('=');
            if (!argument.startsWith("--") || equals == 2 || argument.length() == 2) {
                // Not shown: it may be the end of a secret with a blank in it.
                problems.add(
                        "argument " + (i + 1) + " on " + COMMAND_LINE + " is no setting; they look like --name=value");
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
     * The variables that begin as the bridge's do; empty ones are as good as not there.
     *
     * @param destinations that are known from elsewhere, whose names a variable may only hint at
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

    /** The dotted name that a variable stands for, or one that looks most like it. */
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

    /** What a name looks like within a variable's. */
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

    /** Divides at each underscore, until what follows is a setting; the first fit is the one with the shortest name. */
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

    /** Headers can't be named in variables as they are: theirs are in lower case, with hyphens. */
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
