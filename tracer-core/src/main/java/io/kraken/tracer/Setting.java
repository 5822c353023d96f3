package io.kraken.tracer;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One setting: its names, its default and what it may be. Found, in this order, in what the program sets, in the
 * system property, in the environment variable made from the property's name ({@code kraken.tracer.file} is {@code
 * KRAKEN_TRACER_FILE}), and in further environment variables, such as OpenTelemetry's.
 */
public final class Setting<T> {

    private final String property;
    private final T byDefault;
    private final Function<String, T> parser;
    private final Predicate<T> valid;
    private final String range;
    private final List<String> aliases;

    private Setting(
            String property,
            T byDefault,
            Function<String, T> parser,
            Predicate<T> valid,
            String range,
            String... aliases) {
        this.property = property;
        this.byDefault = byDefault;
        this.parser = parser;
        this.valid = valid;
        this.range = range;
        this.aliases = Arrays.asList(aliases);
    }

    public static Setting<Integer> ofInt(String property, int byDefault, int least, int most, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                Integer::valueOf,
                value -> value >= least && value <= most,
                "a number from " + least + " to " + most,
                aliases);
    }

    public static Setting<Integer> ofPowerOfTwo(String property, int byDefault, int least, int most) {
        return new Setting<>(
                property,
                byDefault,
                Integer::valueOf,
                value -> value >= least && value <= most && Integer.bitCount(value) == 1,
                "a power of two from " + least + " to " + most);
    }

    /** True and false only; anything else is a mistake. */
    public static Setting<Boolean> ofBoolean(String property, boolean byDefault) {
        return new Setting<>(property, byDefault, Setting::parseBoolean, value -> true, "true or false");
    }

    public static Setting<String> ofText(String property, String byDefault, String... aliases) {
        return new Setting<>(property, byDefault, Function.identity(), value -> true, "text", aliases);
    }

    public static Setting<String> ofChoice(String property, String byDefault, List<String> choices, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                text -> text.toLowerCase(Locale.ROOT),
                choices::contains,
                "one of " + String.join(", ", choices),
                aliases);
    }

    /** Any of the choices between commas, each once, or none of them, which is said by a word of its own. */
    public static Setting<String> ofChoices(
            String property, String byDefault, List<String> choices, String none, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                Setting::parseList,
                text -> text.equals(none) || choices.containsAll(Arrays.asList(text.split(",", -1))),
                "some of " + String.join(", ", choices) + ", or " + none,
                aliases);
    }

    private static String parseList(String text) {
        final Set<String> items = new LinkedHashSet<>();
        for (String item : text.toLowerCase(Locale.ROOT).split(",", -1)) {
            items.add(item.strip());
        }
        return String.join(",", items);
    }

    private static Boolean parseBoolean(String text) {
        if (text.equalsIgnoreCase("true")) {
            return true;
        }
        if (text.equalsIgnoreCase("false")) {
            return false;
        }
        throw new IllegalArgumentException(text);
    }

    public String property() {
        return property;
    }

    public T byDefault() {
        return byDefault;
    }

    public String environmentVariable() {
        return property.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    public List<String> aliases() {
        return aliases;
    }

    boolean isValid(T value) {
        return value != null && valid.test(value);
    }

    /** @throws IllegalArgumentException when the text is no value of this setting */
    T parse(String text) {
        final T value = parser.apply(text.strip());
        if (!isValid(value)) {
            throw new IllegalArgumentException(text);
        }
        return value;
    }

    String range() {
        return range;
    }

    @Override
    public String toString() {
        return property;
    }
}
