package io.kraken.tracer.http;

/**
 * The parser of the header in which a trusted proxy gives the client's address. Only the last element of the header was
 * written by the proxy; those before it were in the request already and may be forged. Parsed from the end, and
 * bounded; an element that is not an address, or may be part of a quoted text, is ignored. Immutable.
 */
final class Proxy {

    private static final String STANDARD = "Forwarded";
    private static final int LONGEST_ELEMENT = 256;
    private static final int LONGEST_CACHED = 260;
    /** An IPv6 address that ends in an IPv4 one. */
    private static final int LONGEST_ADDRESS = 45;

    private static final int PARTS = 4;
    private static final int MOST_DIGITS = 3;
    private static final int MOST_OF_PART = 255;

    private final String header;
    private final boolean standard;
    private final Cached<String, String> addresses = new Cached<>(this::parse);

    Proxy(String header) {
        this.header = header;
        standard = STANDARD.equalsIgnoreCase(header);
    }

    String header() {
        return header;
    }

    /** The client's address; the peer's if the header is missing or malformed. */
    String client(String value, String peer) {
        if (value == null || value.isEmpty()) {
            return peer;
        }
        final String address = value.length() > LONGEST_CACHED ? parse(value) : addresses.of(value);
        return address.isEmpty() ? peer : address;
    }

    private String parse(String value) {
        final int from = value.lastIndexOf(',') + 1;
        final int to = value.length();
        if (to - from > LONGEST_ELEMENT) {
            return "";
        }
        final String element = value.substring(from, to).strip();
        return address(standard ? node(element) : element);
    }

    /** The value of the parameter {@code for}; empty if there is none. */
    private static String node(String element) {
        boolean quoted = false;
        int from = 0;
        String node = "";
        for (int at = 0; at <= element.length(); at++) {
            final char c = at < element.length() ? element.charAt(at) : ';';
            if (c == '\\') {
                return "";
            }
            quoted ^= c == '"';
            if (c == ';' && !quoted) {
                final boolean is = node.isEmpty() && element.regionMatches(true, from, "for=", 0, 4);
                node = is ? unquoted(element.substring(from + 4, at)) : node;
                from = at + 1;
            }
        }
        return quoted ? "" : node;
    }

    private static String unquoted(String value) {
        final boolean is = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return is ? value.substring(1, value.length() - 1) : value;
    }

    /** Without brackets and port; empty if it is not an address. */
    private static String address(String node) {
        final int colon = node.indexOf(':');
        String address = node;
        if (node.startsWith("[")) {
            address = node.substring(1, Math.max(1, node.indexOf(']')));
        } else if (colon >= 0 && colon == node.lastIndexOf(':')) {
            address = node.substring(0, colon);
        }
        return isAddress(address) ? address : "";
    }

    private static boolean isAddress(String text) {
        return text.indexOf(':') == text.lastIndexOf(':') ? isVersion4(text) : isVersion6(text);
    }

    /** Checks only length and characters. */
    private static boolean isVersion6(String text) {
        boolean sound = text.length() <= LONGEST_ADDRESS;
        for (int i = 0; sound && i < text.length(); i++) {
            final char c = text.charAt(i);
            sound = c == '.' || c == ':' || c < 0x80 && Character.digit(c, 16) >= 0;
        }
        return sound;
    }

    private static boolean isVersion4(String text) {
        int parts = 1;
        int digits = 0;
        int part = 0;
        for (int i = 0; i < text.length(); i++) {
            final int digit = text.charAt(i) - '0';
            if (digit >= 0 && digit <= 9 && digits < MOST_DIGITS) {
                part = part * 10 + digit;
                digits++;
            } else if (digit == '.' - '0' && digits > 0 && part <= MOST_OF_PART) {
                parts++;
                digits = 0;
                part = 0;
            } else {
                return false;
            }
        }
        return parts == PARTS && digits > 0 && part <= MOST_OF_PART;
    }
}
