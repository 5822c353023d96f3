package io.kraken.tracer.http;

import java.net.URI;

/** URLs as attributes, with credentials redacted. Allocates only if there is something to redact. */
final class Urls {

    private static final String HIDDEN = "REDACTED";

    /** The list of the conventions, and the other parameters of the same signed URLs. */
    private static final String[] SECRET = {
        "AWSAccessKeyId",
        "Signature",
        "sig",
        "X-Goog-Signature",
        "X-Goog-Credential",
        "X-Amz-Signature",
        "X-Amz-Credential",
        "X-Amz-Security-Token"
    };

    private static final int LONGEST = 20;

    private Urls() {}

    /** The query with the values of secret parameters replaced. */
    static String query(String raw) {
        for (int from = 0; from < raw.length(); from = endOfParameter(raw, from) + 1) {
            if (isSecret(raw, from)) {
                return hide(raw);
            }
        }
        return raw;
    }

    private static int endOfParameter(String query, int from) {
        final int end = query.indexOf('&', from);
        return end < 0 ? query.length() : end;
    }

    /** Percent-encoded names are decoded first, since servers decode them too. */
    private static boolean isSecret(String query, int from) {
        final int end = endOfParameter(query, from);
        int equals = from;
        boolean encoded = false;
        while (equals < end && query.charAt(equals) != '=') {
            encoded |= query.charAt(equals++) == '%';
        }
        if (equals == end) {
            return false;
        }
        if (!encoded) {
            return isSecret(query, from, equals - from);
        }
        final String decoded = equals - from <= 3 * LONGEST ? decode(query.substring(from, equals)) : "";
        return isSecret(decoded, 0, decoded.length());
    }

    private static boolean isSecret(String text, int from, int length) {
        for (String secret : SECRET) {
            if (length == secret.length() && text.regionMatches(true, from, secret, 0, length)) {
                return true;
            }
        }
        return false;
    }

    private static String decode(String name) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            final boolean escape = name.charAt(i) == '%' && i + 2 < name.length();
            final int high = escape ? Character.digit(name.charAt(i + 1), 16) : -1;
            final int low = escape ? Character.digit(name.charAt(i + 2), 16) : -1;
            if (high >= 0 && low >= 0) {
                text.append((char) (high << 4 | low));
                i += 2;
            } else {
                text.append(name.charAt(i));
            }
        }
        return text.toString();
    }

    private static String hide(String raw) {
        final StringBuilder text = new StringBuilder(raw.length());
        int from = 0;
        while (from < raw.length()) {
            final int end = endOfParameter(raw, from);
            if (isSecret(raw, from)) {
                text.append(raw, from, raw.indexOf('=', from) + 1).append(HIDDEN);
            } else {
                text.append(raw, from, end);
            }
            if (end < raw.length()) {
                text.append('&');
            }
            from = end + 1;
        }
        return text.toString();
    }

    /** The whole URL; user and password are redacted, and the query is omitted if it is not to be recorded. */
    static String full(URI uri, boolean queries) {
        final String query = uri.getRawQuery();
        final boolean plain = query == null || queries && query(query).equals(query);
        if (plain && uri.getRawUserInfo() == null) {
            return uri.toString();
        }
        final StringBuilder text = new StringBuilder();
        text.append(uri.getScheme()).append("://");
        if (uri.getRawUserInfo() != null) {
            text.append(HIDDEN).append(':').append(HIDDEN).append('@');
        }
        text.append(uri.getHost());
        if (uri.getPort() >= 0) {
            text.append(':').append(uri.getPort());
        }
        text.append(uri.getRawPath());
        if (query != null && queries) {
            text.append('?').append(query(query));
        }
        return text.toString();
    }
}
