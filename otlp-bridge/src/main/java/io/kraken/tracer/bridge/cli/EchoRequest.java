package io.kraken.tracer.bridge.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A parser of a JSON list of calls, {@code [{"url": "http://...", "arguments": ...}]}. The text of the arguments is
 * passed on unchanged. Any other text causes an {@link IllegalArgumentException}.
 */
final class EchoRequest {

    /** @param arguments JSON */
    record Call(String url, String arguments) {}

    private static final int MOST_CALLS = 256;
    private static final int DEEPEST = 64;
    private static final int END = -1;

    private final String text;
    private int at;

    private EchoRequest(String text) {
        this.text = text;
    }

    static List<Call> parse(byte[] json) throws CharacterCodingException {
        final EchoRequest request = new EchoRequest(StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(json))
                .toString());
        return request.list();
    }

    private List<Call> list() {
        final List<Call> calls = new ArrayList<>();
        expect('[');
        if (!accept(']')) {
            do {
                calls.add(call());
                check(calls.size() <= MOST_CALLS, "more than " + MOST_CALLS + " calls");
            } while (accept(','));
            expect(']');
        }
        check(peek() == END, "text after the list");
        return calls;
    }

    private Call call() {
        String url = null;
        String arguments = "[]";
        expect('{');
        if (!accept('}')) {
            do {
                final String key = string();
                expect(':');
                if (key.equals("url")) {
                    url = string();
                } else {
                    final String value = value(DEEPEST);
                    arguments = key.equals("arguments") ? value : arguments;
                }
            } while (accept(','));
            expect('}');
        }
        check(url != null, "a call without a url");
        return new Call(url, arguments);
    }

    /** The unchanged text of any value. */
    private String value(int depth) {
        check(depth > 0, "nested more than " + DEEPEST + " deep");
        final int c = peek();
        final int from = at;
        if (c == '"') {
            string();
        } else if (c == '[' || c == '{') {
            at++;
            inner(c == '{', depth);
        } else {
            word();
        }
        return text.substring(from, at);
    }

    private void inner(boolean keys, int depth) {
        final char closing = keys ? '}' : ']';
        if (accept(closing)) {
            return;
        }
        do {
            if (keys) {
                string();
                expect(':');
            }
            value(depth - 1);
        } while (accept(','));
        expect(closing);
    }

    /** A number, true, false or null. */
    private void word() {
        final int from = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || "+-.".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        final String word = text.substring(from, at);
        check(
                List.of("true", "false", "null").contains(word)
                        || word.matches("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?"),
                "not a JSON value");
    }

    private String string() {
        expect('"');
        final StringBuilder decoded = new StringBuilder();
        while (true) {
            check(at < text.length(), "unterminated string");
            final char c = text.charAt(at++);
            check(c >= ' ', "control character in a string");
            if (c == '"') {
                return decoded.toString();
            }
            decoded.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() {
        check(at < text.length(), "unterminated string");
        final char c = text.charAt(at++);
        if (c == 'u') {
            check(
                    at + 4 <= text.length() && text.substring(at, at + 4).matches("\\p{XDigit}{4}"),
                    "invalid \\u escape");
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        final int index = "\"\\/bfnrt".indexOf(c);
        check(index >= 0, "invalid escape");
        return "\"\\/\b\f\n\r\t".charAt(index);
    }

    // --- characters, after skipping white space

    private int peek() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : END;
    }

    private boolean accept(char c) {
        final boolean there = peek() == c;
        at += there ? 1 : 0;
        return there;
    }

    private void expect(char c) {
        check(accept(c), "expected " + c);
    }

    private void check(boolean right, String wrong) {
        if (!right) {
            throw new IllegalArgumentException(wrong + " at character " + at);
        }
    }
}
