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
    public static final SettingType<Double> SHARE = number("SHARE", 0, 1, between(0.0, 1.0));

    /** From 0 to 1; NaN for "not set". */
    public static final SettingType<Double> OPTIONAL_SHARE =
            number("SHARE", 0, 1, between(0.0, 1.0).or(value -> value.isNaN()));

    public static final SettingType<String> TEXT = of("TEXT", "text", Function.identity());
    /** Parts that could be a password are never shown. */
    public static final SettingType<String> ADDRESS = TEXT.masked(SettingText::withoutSecrets);
    /** {@code key=value,...}; the values are secrets. */
    public static final SettingType<String> SECRETS = TEXT.masked(SettingText::keysOnly);

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

    private static <T extends Comparable<T>> Predicate<T> between(T least, T most) {
        return value -> value.compareTo(least) >= 0 && value.compareTo(most) <= 0;
    }

    /** The same type with a mask for its secrets. */
    public SettingType<T> masked(UnaryOperator<String> mask) {
        return new SettingType<>(placeholder, range, parser, valid, text, mask);
    }

    public static SettingType<Integer> wholeNumber(int least, int most) {
        final String range = "a number from " + least + " to " + most;
        return of("N", range, Integer::valueOf, between(least, most), String::valueOf);
    }

    public static SettingType<Integer> powerOfTwo(int least, int most) {
        final Predicate<Integer> valid = between(least, most).and(value -> Integer.bitCount(value) == 1);
        return of("N", "a power of two from " + least + " to " + most, Integer::valueOf, valid, String::valueOf);
    }

    public static SettingType<Integer> multiple(int of, int least, int most) {
        return of(
                "N",
                "a multiple of " + of + " from " + least + " to " + most,
                Integer::valueOf,
                value -> value >= least && value <= most && value % of == 0,
                String::valueOf);
    }

    /** Milliseconds; a text may use other units too: {@code 5s} is {@code 5000}. */
    public static SettingType<Integer> millis(int least, int most) {
        return of(
                "N",
                "milliseconds from " + least + " to " + most + ", or a duration such as 200ms, 5s, 1m",
                text -> Math.toIntExact(SettingText.parseMillis(text).toMillis()),
                between(least, most),
                String::valueOf);
    }

    /** A number with a unit, {@code 200ms}, {@code 5s}, {@code 1m}, {@code 2h}; or 0. */
    public static SettingType<Duration> duration(String least, String most) {
        return of(
                "DURATION",
                "a duration from " + least + " to " + most + ", such as 200ms, 10s, 5m, 24h",
                SettingText::parseDuration,
                between(SettingText.parseDuration(least), SettingText.parseDuration(most)),
                SettingText::show);
    }

    /** A duration, in which a number without a unit is milliseconds. */
    public static SettingType<Duration> durationOrMillis(String least, String most) {
        final SettingType<Duration> type = duration(least, most);
        return of(type.placeholder, type.range, SettingText::parseMillis, type.valid, type.text);
    }

    public static SettingType<Double> number(double least, double most) {
        return number("N", least, most, between(least, most));
    }

    private static SettingType<Double> number(String placeholder, double least, double most, Predicate<Double> valid) {
        final String range = "a decimal number from " + SettingText.show(least) + " to " + SettingText.show(most);
        return of(placeholder, range, SettingText::parseNumber, valid, SettingText::show);
    }

    public static SettingType<String> choice(List<String> choices) {
        final String range = "one of " + String.join(", ", choices);
        final String placeholder = String.join("|", choices);
        return of(placeholder, range, text -> text.toLowerCase(Locale.ROOT), choices::contains, String::valueOf);
    }

    /** Any of the choices, separated by commas, each once; or the word for none of them. */
    public static SettingType<String> choices(List<String> choices, String none) {
        return of(
                "TEXT",
                "some of " + String.join(", ", choices) + ", or " + none,
                SettingText::parseChoices,
                text -> text.equals(none) || choices.containsAll(Arrays.asList(text.split(",", -1))),
                String::valueOf);
    }

    /**
     * A list of values of some type.
     *
     * @param parser parses the whole list; throws IllegalArgumentException
     * @param separator that the parser expects between values
     */
    public static <E> SettingType<List<E>> list(Function<String, List<E>> parser, String separator, String range) {
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
