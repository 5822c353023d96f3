package io.kraken.tracer.settings;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A setting: its names, its default and its valid values. {@link SettingSources} defines where its value is looked up.
 * The environment variable is derived from the property's name ({@code kraken.tracer.file} is {@code
 * KRAKEN_TRACER_FILE}); further ones, such as OpenTelemetry's, are its aliases.
 */
public final class Setting<T> {

    private final String property;
    private final T byDefault;
    private final Kind<T> kind;
    private final List<String> aliases;

    /**
     * The type of a setting's values.
     *
     * @param parser throws IllegalArgumentException for a text that is not a value
     * @param range the valid values, in words that complete the sentence "should be ..."
     * @param shown a value as it may be displayed, without secrets; if nothing is hidden, the text can be parsed again
     */
    private record Kind<T>(
            Function<String, T> parser, Predicate<T> valid, String range, Function<? super T, String> shown) {

        Kind(Function<String, T> parser, Predicate<T> valid, String range) {
            this(parser, valid, range, String::valueOf);
        }
    }

    private Setting(String property, T byDefault, Kind<T> kind, String... aliases) {
        this.property = property;
        this.byDefault = byDefault;
        this.kind = kind;
        this.aliases = Arrays.asList(aliases);
    }

    public static Setting<Integer> ofInt(String property, int byDefault, int least, int most, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        Integer::valueOf,
                        value -> value >= least && value <= most,
                        "a number from " + least + " to " + most),
                aliases);
    }

    public static Setting<Integer> ofPowerOfTwo(String property, int byDefault, int least, int most) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        Integer::valueOf,
                        value -> value >= least && value <= most && Integer.bitCount(value) == 1,
                        "a power of two from " + least + " to " + most));
    }

    public static Setting<Integer> ofMultiple(String property, int byDefault, int of, int least, int most) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        Integer::valueOf,
                        value -> value >= least && value <= most && value % of == 0,
                        "a multiple of " + of + " from " + least + " to " + most));
    }

    /** Milliseconds; a text may use other units too: {@code 5s} is {@code 5000}. */
    public static Setting<Integer> ofMillis(String property, int byDefault, int least, int most, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        text -> Math.toIntExact(SettingText.parseMillis(text)),
                        value -> value >= least && value <= most,
                        "milliseconds from " + least + " to " + most + ", or a duration such as 200ms, 5s, 1m"),
                aliases);
    }

    /** A text with a unit, {@code 200ms}, {@code 5s}, {@code 1m}, {@code 2h}; a number alone is milliseconds. */
    public static Setting<Duration> ofDuration(
            String property, Duration byDefault, Duration least, Duration most, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        text -> Duration.ofMillis(SettingText.parseMillis(text)),
                        value -> value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                        "a duration from " + SettingText.show(least) + " to " + SettingText.show(most)
                                + ", such as 200ms, 5s, 1m",
                        SettingText::show),
                aliases);
    }

    public static Setting<Double> ofNumber(
            String property, double byDefault, double least, double most, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        SettingText::parseNumber,
                        value -> value >= least && value <= most,
                        "a decimal number from " + SettingText.show(least) + " to " + SettingText.show(most),
                        SettingText::show),
                aliases);
    }

    /** From 0 to 1, or NaN, the default, for "not set". */
    public static Setting<Double> ofOptionalShare(String property) {
        return new Setting<>(
                property,
                Double.NaN,
                new Kind<>(
                        SettingText::parseNumber,
                        value -> value >= 0 && value <= 1 || value.isNaN(),
                        "a decimal number from 0 to 1",
                        SettingText::show));
    }

    /** Only true and false are valid. */
    public static Setting<Boolean> ofBoolean(String property, boolean byDefault) {
        return new Setting<>(
                property, byDefault, new Kind<>(SettingText::parseBoolean, value -> true, "true or false"));
    }

    public static Setting<String> ofText(String property, String byDefault, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(Function.identity(), value -> true, "text", SettingText::clean),
                aliases);
    }

    /** The address of a server. Parts that could be a password are never shown. */
    public static Setting<String> ofAddress(String property, String byDefault, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(Function.identity(), value -> true, "text", SettingText::withoutSecrets),
                aliases);
    }

    /** {@code key=value,...}; the values are secrets. */
    public static Setting<String> ofSecrets(String property, String... aliases) {
        return new Setting<>(
                property, "", new Kind<>(Function.identity(), value -> true, "text", SettingText::keysOnly), aliases);
    }

    public static Setting<String> ofChoice(String property, String byDefault, List<String> choices, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        text -> text.toLowerCase(Locale.ROOT),
                        choices::contains,
                        "one of " + String.join(", ", choices)),
                aliases);
    }

    /** Any of the choices, separated by commas, each once; or the word for none of them. */
    public static Setting<String> ofChoices(
            String property, String byDefault, List<String> choices, String none, String... aliases) {
        return new Setting<>(
                property,
                byDefault,
                new Kind<>(
                        SettingText::parseChoices,
                        text -> text.equals(none) || choices.containsAll(Arrays.asList(text.split(",", -1))),
                        "some of " + String.join(", ", choices) + ", or " + none),
                aliases);
    }

    /**
     * A list of values of some type, empty by default.
     *
     * @param parser parses the whole list; throws IllegalArgumentException
     * @param separator that the parser expects between values
     */
    public static <E> Setting<List<E>> ofList(
            String property, Function<String, List<E>> parser, String separator, String range) {
        return new Setting<>(
                property,
                List.of(),
                new Kind<>(parser, SettingText::isWhole, range, value -> SettingText.show(value, separator)));
    }

    /** The settings in public constants of a class. */
    public static List<Setting<?>> declaredIn(Class<?> owner) {
        final List<Setting<?>> settings = new ArrayList<>();
        for (Field field : owner.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == Setting.class) {
                try {
                    settings.add((Setting<?>) field.get(null));
                } catch (IllegalAccessException e) {
                    throw new IllegalArgumentException(owner + " is not public", e);
                }
            }
        }
        return settings;
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

    public boolean isValid(T value) {
        return value != null && kind.valid.test(value);
    }

    /** @throws IllegalArgumentException if the text is not a value of this setting */
    public T parse(String text) {
        final T value;
        try {
            value = kind.parser.apply(text.strip());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(text, e);
        }
        if (!isValid(value)) {
            throw new IllegalArgumentException(text);
        }
        return value;
    }

    /** The default as text; empty if there is none. */
    public String defaultText() {
        return byDefault.equals(Double.NaN) ? "" : show(byDefault);
    }

    /** A value as it may be displayed. */
    public String show(T value) {
        return value == null ? "null" : kind.shown.apply(value);
    }

    /** The valid values, in words that complete the sentence "should be ...". */
    public String range() {
        return kind.range;
    }

    @Override
    public String toString() {
        return property;
    }
}
