package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.settings.NearestName;
import io.kraken.tracer.settings.SettingType;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The arguments of a command: options, {@code --key=value}, {@code --key value} or {@code --flag}, and positional
 * arguments.
 */
final class Arguments {

    private final Map<String, List<String>> options = new HashMap<>();
    private final List<String> rest = new ArrayList<>();

    private Arguments() {}

    /**
     * @param keys the options that take a value
     * @param flags the options that take none
     */
    static Arguments parse(List<String> given, Set<String> keys, Set<String> flags) throws UsageException {
        final Arguments arguments = new Arguments();
        for (int i = 0; i < given.size(); i++) {
            final String argument = given.get(i);
            if (argument.equals("--")) {
                arguments.rest.addAll(given.subList(i + 1, given.size()));
                break;
            }
            if (!argument.startsWith("-") || argument.equals("-")) {
                arguments.rest.add(argument);
                continue;
            }
            final int equals = argument.indexOf('=');
            final String name = argument.substring(0, equals < 0 ? argument.length() : equals);
            final String key = name.replaceFirst("^--?", "");
            if (flags.contains(key) && equals < 0) {
                arguments.put(key, "");
            } else if (keys.contains(key) && equals >= 0) {
                arguments.put(key, argument.substring(equals + 1));
            } else if (keys.contains(key) && i + 1 < given.size()) {
                arguments.put(key, given.get(++i));
            } else {
                throw refused(name, key, keys, flags);
            }
        }
        return arguments;
    }

    private void put(String key, String value) {
        options.computeIfAbsent(key, none -> new ArrayList<>()).add(value);
    }

    private static UsageException refused(String name, String key, Set<String> keys, Set<String> flags) {
        if (keys.contains(key)) {
            return new UsageException("--" + key + " needs a value: --" + key + "=...");
        }
        if (flags.contains(key)) {
            return new UsageException("--" + key + " takes no value");
        }
        final Set<String> all = new TreeSet<>(keys);
        all.addAll(flags);
        return new UsageException("unknown option " + name
                + NearestName.of(key, all)
                        .map(near -> "; did you mean --" + near + "?")
                        .orElse(""));
    }

    boolean has(String key) {
        return options.containsKey(key);
    }

    String text(String key, String byDefault) {
        final List<String> given = all(key);
        return given.isEmpty() ? byDefault : given.get(given.size() - 1);
    }

    /** All values of an option that may be repeated, in their order. */
    List<String> all(String key) {
        return options.getOrDefault(key, List.of());
    }

    /** One of the choices; the first one is the default. */
    String choice(String key, List<String> choices) throws UsageException {
        return value(key, SettingType.choice(choices), choices.get(0));
    }

    /** @param byDefault the value of an option that is not given */
    <T> T value(String key, SettingType<T> type, T byDefault) throws UsageException {
        return has(key) ? parse("--" + key, text(key, null), type) : byDefault;
    }

    static <T> T parse(String what, String text, SettingType<T> type) throws UsageException {
        try {
            return type.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException(type.refusal(what, text, ""));
        }
    }

    /** Null when it is not given. */
    Path path(String key) throws UsageException {
        return has(key) ? path(key, text(key, null)) : null;
    }

    private static Path path(String what, String text) throws UsageException {
        try {
            if (!text.isEmpty()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            // Reported below.
        }
        throw new UsageException(what + " is '" + text + "', which is not a valid path");
    }

    List<String> rest() {
        return rest;
    }

    List<Path> paths() throws UsageException {
        final List<Path> paths = new ArrayList<>();
        for (String text : rest) {
            paths.add(path("an argument", text));
        }
        return paths;
    }

    /** For commands that take options only. */
    Arguments withoutPositional() throws UsageException {
        if (!rest.isEmpty()) {
            throw new UsageException("unexpected argument '" + rest.get(0) + "'");
        }
        return this;
    }
}
