package io.kraken.tracer.settings;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Conversions between values of settings and texts; for display, any text is made safe to print. */
public final class SettingText {

    private static final int LONGEST_SHOWN = 200;
    private static final String MASK = "***";
    private static final Pattern NUMBER = Pattern.compile("[0-9]{0,9}\\.?[0-9]{1,17}(?:[eE]-?[0-9]{1,3})?");
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,12})\\s*(ms|s|m|h|)");

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

    static double parseNumber(String text) {
        if (!NUMBER.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        return Double.parseDouble(text);
    }

    static long parseMillis(String text) {
        final Matcher duration = DURATION.matcher(text);
        if (!duration.matches()) {
            throw new IllegalArgumentException(text);
        }
        final long unit = switch (duration.group(2)) {
            case "s" -> 1_000;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            default -> 1;
        };
        return Long.parseLong(duration.group(1)) * unit;
    }

    static String show(Duration value) {
        final long millis = value.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
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
