package io.kraken.tracer.settings;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The type of a setting's values: how they are parsed, checked and displayed.
 *
 * @param placeholder stands for a value in a help text
 * @param range the valid values, in words that complete the sentence "should be ..."
 * @param parser returns null, or throws IllegalArgumentException, for a text that is not a value
 * @param valid whether a value is in the range
 * @param text a value as a text that can be parsed again
 * @param masked a text, valid or not, as it may be displayed: without secrets and control characters
 */
public record SettingType<T>(
        String placeholder,
        String range,
        Function<String, T> parser,
        Predicate<T> valid,
        Function<? super T, String> text,
        UnaryOperator<String> masked) {

    /** Only true and false are valid. */
    public static final SettingType<Boolean> SWITCH = of("true|false", "true or false", SettingText::parseBoolean);

    /** From 0 to 1. */
    public static final SettingType<Double> SHARE = number(0, 1);

    static final SettingType<String> TEXT = of("TEXT", "text", Function.identity());
    /** Parts that could be a password are never shown. */
    static final SettingType<String> ADDRESS = TEXT.masked(SettingText::withoutSecrets);
    /** {@code key=value,...}; the values are secrets. */
    static final SettingType<String> SECRETS = TEXT.masked(SettingText::keysOnly);

    /** A type whose parser checks the range. */
    public static <T> SettingType<T> of(String placeholder, String range, Function<String, T> parser) {
        return of(placeholder, range, parser, value -> true, String::valueOf);
    }

    private static <T> SettingType<T> of(
            String placeholder,
            String range,
            Function<String, T> parser,
            Predicate<T> valid,
            Function<? super T, String> text) {
        return new SettingType<>(placeholder, range, parser, valid, text, SettingText::clean);
    }

    /** The same type with a mask for its secrets. */
    public SettingType<T> masked(UnaryOperator<String> mask) {
        return new SettingType<>(placeholder, range, parser, valid, text, mask);
    }

    public static SettingType<Integer> wholeNumber(int least, int most) {
        return of(
                "N",
                "a number from " + least + " to " + most,
                Integer::valueOf,
                value -> value >= least && value <= most,
                String::valueOf);
    }

    static SettingType<Integer> powerOfTwo(int least, int most) {
        return of(
                "N",
                "a power of two from " + least + " to " + most,
                Integer::valueOf,
                value -> value >= least && value <= most && Integer.bitCount(value) == 1,
                String::valueOf);
    }

    /** Milliseconds; a text may use other units too. */
    static SettingType<Integer> millis(int least, int most) {
        return of(
                "N",
                "milliseconds from " + least + " to " + most + ", or a duration such as 200ms, 5s, 1m",
                text -> Math.toIntExact(SettingText.parseMillis(text).toMillis()),
                value -> value >= least && value <= most,
                String::valueOf);
    }

    /** A number with a unit, or 0. */
    public static SettingType<Duration> duration(String least, String most) {
        return duration(SettingText::parseDuration, SettingText.parseDuration(least), SettingText.parseDuration(most));
    }

    static SettingType<Duration> duration(Function<String, Duration> parser, Duration least, Duration most) {
        return of(
                "DURATION",
                "a duration from " + SettingText.show(least) + " to " + SettingText.show(most)
                        + ", such as 200ms, 10s, 5m, 24h",
                parser,
                value -> value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                SettingText::show);
    }

    public static SettingType<Double> number(double least, double most) {
        return number(least, most, value -> value >= least && value <= most);
    }

    /** From 0 to 1; NaN for "not set". */
    static SettingType<Double> optionalShare() {
        return number(0, 1, value -> value >= 0 && value <= 1 || value.isNaN());
    }

    private static SettingType<Double> number(double least, double most, Predicate<Double> valid) {
        return of(
                "N",
                "a decimal number from " + SettingText.show(least) + " to " + SettingText.show(most),
                SettingText::parseNumber,
                valid,
                SettingText::show);
    }

    public static SettingType<String> choice(List<String> choices) {
        return of(
                String.join("|", choices),
                "one of " + String.join(", ", choices),
                text -> text.toLowerCase(Locale.ROOT),
                choices::contains,
                String::valueOf);
    }

    /** Any of the choices, separated by commas, each once; or the word for none of them. */
    static SettingType<String> choices(List<String> choices, String none) {
        return of(
                "TEXT",
                "some of " + String.join(", ", choices) + ", or " + none,
                SettingText::parseChoices,
                text -> text.equals(none) || choices.containsAll(Arrays.asList(text.split(",", -1))),
                String::valueOf);
    }

    /** @param parser parses the whole list */
    static <E> SettingType<List<E>> list(Function<String, List<E>> parser, String separator, String range) {
        return of("TEXT", range, parser, SettingText::isWhole, value -> SettingText.show(value, separator));
    }

    boolean isValid(T value) {
        return value != null && valid.test(value);
    }

    /** @throws IllegalArgumentException if the text is not a value of this type */
    public T parse(String given) {
        final T value;
        try {
            value = parser.apply(given.strip());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(given, e);
        }
        if (!isValid(value)) {
            throw new IllegalArgumentException(given);
        }
        return value;
    }

    /**
     * The message about an invalid value.
     *
     * @param name of the setting, as it is spelled in the source
     * @param origin the source; empty if the name identifies it
     */
    public String refusal(String name, String given, String origin) {
        return SettingText.clean(name) + " is '" + masked.apply(given.strip()) + "'"
                + (origin.isEmpty() ? "" : " in " + origin) + " and should be " + range;
    }
}
