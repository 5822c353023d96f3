package io.kraken.tracer.settings;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A setting: its names, its default and its valid values. {@link SettingSources} defines where the value of a tracer's
 * setting is looked up. The environment variable is derived from the property's name ({@code kraken.tracer.file} is
 * {@code KRAKEN_TRACER_FILE}); further ones, such as OpenTelemetry's, are its aliases.
 */
public final class Setting<T> {

    private final String property;
    private final SettingType<T> type;
    /** Null: parsed from the text on each use, as it may depend on the machine. */
    private final T byDefault;

    private final String defaultText;
    private final String help;
    private final List<String> aliases;

    private Setting(
            String property, SettingType<T> type, T byDefault, String defaultText, String help, String... aliases) {
        this.property = property;
        this.type = type;
        this.byDefault = byDefault;
        this.defaultText = defaultText;
        this.help = help;
        this.aliases = Arrays.asList(aliases);
    }

    private static <T> Setting<T> withDefault(String property, SettingType<T> type, T byDefault, String... aliases) {
        final String text = byDefault.equals(Double.NaN) ? "" : type.text().apply(byDefault);
        return new Setting<>(property, type, byDefault, text, "", aliases);
    }

    /**
     * A setting with a description.
     *
     * @param byDefault the default as a text; empty: none
     */
    public static <T> Setting<T> of(String name, SettingType<T> type, String byDefault, String help) {
        return new Setting<>(name, type, null, byDefault, help);
    }

    public static Setting<Integer> ofInt(String property, int byDefault, int least, int most, String... aliases) {
        return withDefault(property, SettingType.wholeNumber(least, most), byDefault, aliases);
    }

    public static Setting<Integer> ofPowerOfTwo(String property, int byDefault, int least, int most) {
        return withDefault(property, SettingType.powerOfTwo(least, most), byDefault);
    }

    /** Milliseconds; a text may use other units too: {@code 5s} is {@code 5000}. */
    public static Setting<Integer> ofMillis(String property, int byDefault, int least, int most, String... aliases) {
        return withDefault(property, SettingType.millis(least, most), byDefault, aliases);
    }

    /** A text with a unit, {@code 200ms}, {@code 5s}, {@code 1m}, {@code 2h}; a number alone is milliseconds. */
    public static Setting<Duration> ofDuration(
            String property, Duration byDefault, Duration least, Duration most, String... aliases) {
        return withDefault(property, SettingType.duration(SettingText::parseMillis, least, most), byDefault, aliases);
    }

    public static Setting<Double> ofNumber(
            String property, double byDefault, double least, double most, String... aliases) {
        return withDefault(property, SettingType.number(least, most), byDefault, aliases);
    }

    /** From 0 to 1, or NaN, the default, for "not set". */
    public static Setting<Double> ofOptionalShare(String property) {
        return withDefault(property, SettingType.optionalShare(), Double.NaN);
    }

    /** Only true and false are valid. */
    public static Setting<Boolean> ofBoolean(String property, boolean byDefault) {
        return withDefault(property, SettingType.SWITCH, byDefault);
    }

    public static Setting<String> ofText(String property, String byDefault, String... aliases) {
        return withDefault(property, SettingType.TEXT, byDefault, aliases);
    }

    /** The address of a server. Parts that could be a password are never shown. */
    public static Setting<String> ofAddress(String property, String byDefault, String... aliases) {
        return withDefault(property, SettingType.ADDRESS, byDefault, aliases);
    }

    /** {@code key=value,...}; the values are secrets. */
    public static Setting<String> ofSecrets(String property, String... aliases) {
        return withDefault(property, SettingType.SECRETS, "", aliases);
    }

    public static Setting<String> ofChoice(String property, String byDefault, List<String> choices, String... aliases) {
        return withDefault(property, SettingType.choice(choices), byDefault, aliases);
    }

    /** Any of the choices, separated by commas, each once; or the word for none of them. */
    public static Setting<String> ofChoices(
            String property, String byDefault, List<String> choices, String none, String... aliases) {
        return withDefault(property, SettingType.choices(choices, none), byDefault, aliases);
    }

    /**
     * A list of values of some type, empty by default.
     *
     * @param parser parses the whole list; throws IllegalArgumentException
     * @param separator that the parser expects between values
     */
    public static <E> Setting<List<E>> ofList(
            String property, Function<String, List<E>> parser, String separator, String range) {
        return withDefault(property, SettingType.list(parser, separator, range), List.of());
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

    /** The name: of a system property, or dotted in another source. */
    public String property() {
        return property;
    }

    /** Null if there is none. */
    public T byDefault() {
        return byDefault != null || defaultText.isEmpty() ? byDefault : parse(defaultText);
    }

    public String environmentVariable() {
        return environmentVariable(property);
    }

    /** The spelling of a dotted name in environment variables. */
    public static String environmentVariable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    public List<String> aliases() {
        return aliases;
    }

    /** What the setting means; empty if that is documented elsewhere. */
    public String help() {
        return help;
    }

    public SettingType<T> type() {
        return type;
    }

    public boolean isValid(T value) {
        return type.isValid(value);
    }

    /** @throws IllegalArgumentException if the text is not a value of this setting */
    public T parse(String text) {
        return type.parse(text);
    }

    /** The default as text; empty if there is none. */
    public String defaultText() {
        return defaultText.isEmpty() ? "" : type.masked().apply(defaultText);
    }

    /** A value as it may be displayed. */
    public String show(T value) {
        return value == null ? "null" : type.masked().apply(type.text().apply(value));
    }

    /** The valid values, in words that complete the sentence "should be ...". */
    public String range() {
        return type.range();
    }

    @Override
    public String toString() {
        return property;
    }
}
