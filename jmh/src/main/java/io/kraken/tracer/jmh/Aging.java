package io.kraken.tracer.jmh;

import java.nio.charset.StandardCharsets;

/**
 * Warm-up of a process before it is measured, with work of many kinds. In a process that has run nothing but a
 * benchmark, the compiler sees one branch taken where a service takes both: all strings are Latin-1, all spans have one
 * shape, all objects are young. So every set-up, of this tracer and its peers, calls this class first.
 */
final class Aging {

    /** Enough calls for the compiler's profile, which begins after 200 calls. */
    private static final int ROUNDS = 250;

    private static final Throwable FAILURE = Failure.make();

    private Aging() {}

    /**
     * Returns the peer after recording spans of all shapes, some with UTF-16 strings, and after moving its objects to
     * the old generation.
     */
    static <P extends Peer> P aged(P peer) {
        final Request latin = new Request();
        final Request wide = Request.wide();
        int seen = 0;
        for (int i = 0; i < ROUNDS; i++) {
            peer.mix(latin, FAILURE);
            peer.mix(wide, FAILURE);
            seen += touch(latin.next()) + touch(wide.next());
        }
        System.gc();
        if (seen == 0) {
            throw new AssertionError("the strings must not be empty");
        }
        return peer;
    }

    /** Calls the JDK's string methods, which all peers share. */
    private static int touch(Request request) {
        final String text = request.namespace() + ':' + request.size();
        int sum = text.hashCode() | text.getBytes(StandardCharsets.UTF_8).length;
        for (int i = 0; i < text.length(); i++) {
            sum |= text.charAt(i);
        }
        return sum | (text.equals(request.digest()) ? 1 : 0) | text.indexOf('/');
    }
}
