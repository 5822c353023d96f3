package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The options of a command line of {@code --name=value} and {@code --name}. */
final class Options {

    private final Map<String, String> values = new LinkedHashMap<>();

    Options(String... args) {
        for (String arg : args) {
            if (!arg.startsWith("--")) {
                throw new IllegalArgumentException("'" + arg + "' should be --name or --name=value");
            }
            final int at = arg.indexOf('=');
            values.put(arg.substring(2, at < 0 ? arg.length() : at), at < 0 ? "" : arg.substring(at + 1));
        }
    }

    Options with(String name, String value) {
        final Options other = new Options();
        other.values.putAll(values);
        other.values.put(name, value);
        return other;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name, String byDefault) {
        return values.getOrDefault(name, byDefault);
    }

    double number(String name, double byDefault) {
        final String text = values.get(name);
        if (text == null) {
            return byDefault;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + "=" + text + " should be a number", e);
        }
    }

    /** The options as arguments, without this one. */
    List<String> without(String name) {
        final List<String> args = new ArrayList<>();
        values.forEach((key, value) -> {
            if (!key.equals(name)) {
                args.add(value.isEmpty() ? "--" + key : "--" + key + "=" + value);
            }
        });
        return args;
    }
}
