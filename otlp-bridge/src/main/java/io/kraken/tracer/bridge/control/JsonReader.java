package io.kraken.tracer.bridge.control;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A strict JSON parser: maps, lists, strings, doubles, booleans and null. Made for short untrusted texts: the caller
 * limits the length, the parser limits the nesting.
 */
final class JsonReader {

    private static final int DEEPEST = 32;

    private final String text;
    private int at;

    private JsonReader(String text) {
        this.text = text;
    }

    /** @throws IOException when the text is not valid JSON */
    static Object read(String text) throws IOException {
        final JsonReader json = new JsonReader(text);
        final Object value = json.value(0);
        json.space();
        if (json.at < text.length()) {
            throw json.wrong();
        }
        return value;
    }

    private IOException wrong() {
        return new IOException("the answer is not valid JSON at character " + at);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /** The next character after white space, without consuming it. */
    private char peek() throws IOException {
        space();
        if (at >= text.length()) {
            throw wrong();
        }
        return text.charAt(at);
    }

    private boolean takes(char wanted) throws IOException {
        final boolean found = peek() == wanted;
        at += found ? 1 : 0;
        return found;
    }

    private void expect(char wanted) throws IOException {
        if (!takes(wanted)) {
            throw wrong();
        }
    }

    private Object value(int depth) throws IOException {
        if (depth > DEEPEST) {
            throw new IOException("the answer is nested too deeply");
        }
        switch (peek()) {
            case '{':
                return map(depth);
            case '[':
                return list(depth);
            case '"':
                return string();
            case 't':
                return word("true", true);
            case 'f':
                return word("false", false);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Object word(String word, Object value) throws IOException {
        if (!text.startsWith(word, at)) {
            throw wrong();
        }
        at += word.length();
        return value;
    }

    private Map<String, Object> map(int depth) throws IOException {
        final Map<String, Object> map = new LinkedHashMap<>();
        expect('{');
        if (takes('}')) {
            return map;
        }
        do {
            if (peek() != '"') {
                throw wrong();
            }
            final String key = string();
            expect(':');
            map.put(key, value(depth + 1));
        } while (takes(','));
        expect('}');
        return map;
    }

    private List<Object> list(int depth) throws IOException {
        final List<Object> list = new ArrayList<>();
        expect('[');
        if (takes(']')) {
            return list;
        }
        do {
            list.add(value(depth + 1));
        } while (takes(','));
        expect(']');
        return list;
    }

    private String string() throws IOException {
        final StringBuilder string = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != '"') {
            final char c = text.charAt(at);
            if (c < ' ') {
                throw wrong();
            }
            at++;
            string.append(c == '\\' ? escaped() : c);
        }
        if (at >= text.length()) {
            throw wrong();
        }
        at++;
        return string.toString();
    }

    private char escaped() throws IOException {
        final int kind = at < text.length() ? "\"\\/bfnrtu".indexOf(text.charAt(at)) : -1;
        if (kind < 0) {
            throw wrong();
        }
        at++;
        if (kind < 8) {
            return "\"\\/\b\f\n\r\t".charAt(kind);
        }
        int code = 0;
        for (int i = 0; i < 4; i++) {
            final int digit = at < text.length() ? "0123456789abcdef".indexOf(lower(text.charAt(at))) : -1;
            if (digit < 0) {
                throw wrong();
            }
            code = code << 4 | digit;
            at++;
        }
        return (char) code;
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'F' ? (char) (c + 'a' - 'A') : c;
    }

    private Double number() throws IOException {
        final int begin = at;
        at += text.charAt(at) == '-' ? 1 : 0;
        final int whole = digits();
        boolean sound = whole > 0 && (whole == 1 || text.charAt(at - whole) != '0');
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            sound &= digits() > 0;
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            at += at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-') ? 1 : 0;
            sound &= digits() > 0;
        }
        if (!sound) {
            throw wrong();
        }
        return Double.valueOf(text.substring(begin, at));
    }

    private int digits() {
        final int begin = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at - begin;
    }
}
