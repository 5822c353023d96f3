package io.kraken.tracer.settings;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Conversions between values of settings and texts; for display, any text is made safe to print. */
public final class SettingText {

    /** Stands for a secret. */
    public static final String MASK = "***";

    private static final int LONGEST_SHOWN = 200;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{0,9}\\.?[0-9]{1,17}(?:[eE]-?[0-9]{1,3})?");
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,12})\\s*(ms|s|m|h)");

    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]+");
    /** Units of durations, the largest first. */
    private enum Unit {
        H(3_600_000),
        M(60_000),
        S(1_000),
        MS(1);

        private final long millis;

        Unit(long millis) {
            this.millis = millis;
        }
    }

    private SettingText() {}

    static String parseChoices(String text) {
        final Set<String> items = new LinkedHashSet<>();
        for (String item : text.toLowerCase(Locale.ROOT).split(",", -1)) {
            items.add(item.strip());
        }
        return String.join(",", items);
    }

    static boolean parseBoolean(String text) {
        if (text.equalsIgnoreCase("true")) {
            return true;
        }
        if (text.equalsIgnoreCase("false")) {
            return false;
        }
        throw new IllegalArgumentException(text);
    }

    /** @throws IllegalArgumentException if it is not a decimal number */
    public static double parseNumber(String text) {
        if (!NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        return Double.parseDouble(text);
    }

    /** A duration, in which a number without a unit is milliseconds. */
    static Duration parseMillis(String text) {
        return parseDuration(withUnit(text));
    }

    /** A number alone, as OpenTelemetry gives durations, with its unit; any other text unchanged. */
    public static String withUnit(String millis) {
        return WHOLE_NUMBER.matcher(millis).matches() ? millis + "ms" : millis;
    }

    /**
     * A number with a unit, or 0.
     *
     * @throws IllegalArgumentException if it is not one
     */
    public static Duration parseDuration(String text) {
        final Matcher duration = DURATION.matcher(text.equals("0") ? "0ms" : text);
        if (!duration.matches()) {
            throw new IllegalArgumentException(text);
        }
        final Unit unit = Unit.valueOf(duration.group(2).toUpperCase(Locale.ROOT));
        return Duration.ofMillis(Long.parseLong(duration.group(1)) * unit.millis);
    }

    static String show(Duration value) {
        final long millis = value.toMillis();
        for (Unit unit : Unit.values()) {
            if (millis != 0 && millis % unit.millis == 0) {
                return millis / unit.millis + unit.name().toLowerCase(Locale.ROOT);
            }
        }
        return "0";
    }

    static String show(double value) {
        return Double.isNaN(value) ? "none" : value == Math.rint(value) ? Long.toString((long) value) : "" + value;
    }

    static String show(List<?> values, String separator) {
        final StringBuilder text = new StringBuilder();
        for (Object value : values) {
            text.append(text.length() == 0 ? "" : separator).append(value);
        }
        return clean(text.toString());
    }

    static boolean isWhole(List<?> values) {
        for (Object value : values) {
            if (value == null) {
                return false;
            }
        }
        return true;
    }

    /**
     * The text of a percent-encoded value.
     *
     * @throws IllegalArgumentException if a percent sign is not followed by two hexadecimal digits
     */
    public static String percentDecoded(String value) {
        return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** A setting in the list of all that are in force. */
    public static String line(String name, String shown, String origin) {
        return clean(name) + " = " + shown + "  (" + origin + ")\n";
    }

    /** Masks what could be a password: everything before the last at sign, and a query. Accepts any text. */
    public static String withoutSecrets(String text) {
        final int query = text.indexOf('?');
        if (query >= 0) {
            return withoutSecrets(text.substring(0, query)) + '?' + MASK;
        }
        final int at = text.lastIndexOf('@');
        final int host = text.indexOf("//") + 2;
        return clean(at < 0 ? text : text.substring(0, at < host || host < 2 ? 0 : host) + MASK + text.substring(at));
    }

    static String keysOnly(String text) {
        final StringBuilder keys = new StringBuilder();
        for (String pair : text.split(",")) {
            final int equals = pair.indexOf('=');
            keys.append(keys.length() == 0 ? "" : ",");
            keys.append(
                    pair.isBlank()
                            ? ""
                            : equals < 0 ? MASK : pair.substring(0, equals).strip() + '=' + MASK);
        }
        return clean(keys.toString());
    }

    /** A printable form of any text: without control characters, and shortened. */
    public static String clean(String text) {
        return clean(text, LONGEST_SHOWN);
    }

    /** As {@link #clean(String)}, for a text that may be longer. */
    public static String clean(String text, int most) {
        final StringBuilder cleaned = new StringBuilder(text.length());
        for (int i = 0; i < text.length() && i < most; i++) {
            final char c = text.charAt(i);
            final int type = Character.getType(c);
            final boolean hidden = type == Character.CONTROL
                    || type == Character.FORMAT
                    || type == Character.SURROGATE
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR;
            cleaned.append(hidden ? '?' : c);
        }
        return text.length() > most ? cleaned + "..." : cleaned.toString();
    }
}
