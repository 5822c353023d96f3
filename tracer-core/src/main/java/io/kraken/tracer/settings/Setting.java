package io.kraken.tracer.settings;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

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

    public static <T> Setting<T> of(String property, SettingType<T> type, T byDefault, String... aliases) {
        final String text = byDefault.equals(Double.NaN) ? "" : type.text().apply(byDefault);
        return new Setting<>(property, type, byDefault, text, "", aliases);
    }

    /** @param byDefault the default as a text; empty: none */
    public static <T> Setting<T> described(String name, SettingType<T> type, String byDefault, String help) {
        return new Setting<>(name, type, null, byDefault, help);
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
