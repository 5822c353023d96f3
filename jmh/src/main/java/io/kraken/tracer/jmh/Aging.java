package io.kraken.tracer.jmh;

import java.nio.charset.StandardCharsets;

/**
 * Lets a process live a little before it is measured. In one that has done nothing but run a benchmark the compiler
 * finds one branch taken where a service takes both: all strings are Latin-1, all spans of one shape, all objects
 * young. So every set-up, ours and the peers', comes through here.
 */
final class Aging {

    /** Enough for the compiler's profile, which begins after 200 calls. */
    private static final int ROUNDS = 250;

    private static final Throwable FAILURE = Failure.make();

    private Aging() {}

    /** The same peer, after spans of all shapes, some with UTF-16 strings, and with its objects in the old space. */
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
            throw new AssertionError("strings without a character");
        }
        return peer;
    }

    /** The JDK's string methods, which everybody shares. */
    private static int touch(Request request) {
        final String text = request.namespace() + ':' + request.size();
        int sum = text.hashCode() | text.getBytes(StandardCharsets.UTF_8).length;
        for (int i = 0; i < text.length(); i++) {
            sum |= text.charAt(i);
        }
        return sum | (text.equals(request.digest()) ? 1 : 0) | text.indexOf('/');
    }
}
