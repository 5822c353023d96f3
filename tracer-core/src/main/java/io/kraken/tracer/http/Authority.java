package io.kraken.tracer.http;

import io.kraken.tracer.Span;

/** The host and port of a {@code Host} header or a gRPC authority; neither if it is malformed. Immutable. */
public final class Authority {

    private static final int LONGEST = 260;
    private static final int MAX_PORT = 65_535;
    private static final int UNKNOWN = -1;
    private static final int BAD = -2;

    private static final Authority NONE = new Authority(null, UNKNOWN);
    private static final Cached<String, Authority> CACHED = new Cached<>(Authority::parse);

    private final String host;
    private final int port;

    private Authority(String host, int port) {
        this.host = host;
        this.port = port;
    }

    public static Authority of(String header) {
        return header == null || header.isEmpty() || header.length() > LONGEST ? NONE : CACHED.of(header);
    }

    private static Authority parse(String header) {
        final int bracket = header.charAt(0) == '[' ? header.indexOf(']') : 0;
        if (bracket < 0) {
            return NONE;
        }
        final int colon = header.indexOf(':', bracket);
        final int end = colon < 0 ? header.length() : colon;
        final String host = bracket == 0 ? header.substring(0, end) : header.substring(1, bracket);
        final int port = colon < 0 ? UNKNOWN : portAt(header, colon + 1);
        final boolean sound = isHost(host) && port != BAD && (bracket == 0 || bracket + 1 == end);
        return sound ? new Authority(host, port) : NONE;
    }

    private static boolean isHost(String host) {
        for (int i = 0; i < host.length(); i++) {
            final char c = host.charAt(i);
            final boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && "-._~:%".indexOf(c) < 0) {
                return false;
            }
        }
        return !host.isEmpty();
    }

    private static int portAt(String header, int from) {
        int port = 0;
        for (int i = from; i < header.length() && port <= MAX_PORT; i++) {
            final int digit = header.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return BAD;
            }
            port = port * 10 + digit;
        }
        return from == header.length() ? UNKNOWN : port == 0 || port > MAX_PORT ? BAD : port;
    }

    void set(Span span, String scheme) {
        if (host != null) {
            span.set(HttpKeys.SERVER_ADDRESS, host).set(HttpKeys.SERVER_PORT, port(scheme, port));
        }
    }

    /** Records the host, and the port if it is known. */
    public void set(Span span) {
        if (host != null) {
            span.set(HttpKeys.SERVER_ADDRESS, host);
        }
        if (host != null && port > 0) {
            span.set(HttpKeys.SERVER_PORT, port);
        }
    }

    /** The given port, or the default port of the scheme. */
    static int port(String scheme, int given) {
        if (given > 0) {
            return given;
        }
        return "https".equalsIgnoreCase(scheme) ? 443 : 80;
    }
}
