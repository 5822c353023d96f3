package io.kraken.tracer.ring;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A request's body of which the JDK's HTTP client sees copies only, a piece at a time, as the connection takes them.
 *
 * <p>The client never says that it is through with the bytes of a request that failed or was cancelled: it may keep
 * them until the connection is gone, and write from them until then. So it gets pieces on the heap, and the buffer
 * itself can be used again, or freed, as soon as {@link #letGo} has returned. A piece is used again only when the
 * client has moved its position to its limit, which means that all of it has been written or encrypted. Any other is
 * left to the collector of garbage; those are two or three of each request that fails, on the heap.
 *
 * <p>A client that wants to begin anew may. All methods: any thread; a copy of a piece is the longest that one of them
 * waits for another.
 */
final class CopiedBody implements HttpRequest.BodyPublisher {

    private static final int PIECE = 64 << 10;

    private final Pieces pieces;
    private final int length;
    /** Null once nobody may read from it any more. */
    private ByteBuffer bytes;
    /** Pieces that the client has got and may still read. */
    private final ArrayDeque<ByteBuffer> handed = new ArrayDeque<>();

    /** The free pieces of a client. */
    static final class Pieces {
        private static final int MOST_FREE = 16;

        private final ArrayBlockingQueue<byte[]> free = new ArrayBlockingQueue<>(MOST_FREE);

        private byte[] take() {
            final byte[] piece = free.poll();
            return piece == null ? new byte[PIECE] : piece;
        }

        private void give(byte[] piece) {
            free.offer(piece); // one more than are kept is garbage
        }
    }

    CopiedBody(ByteBuffer body, Pieces pieces) {
        this.pieces = pieces;
        bytes = body.slice();
        length = body.remaining();
    }

    @Override
    public long contentLength() {
        return length;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        subscriber.onSubscribe(new Delivery(this, subscriber));
    }

    /** Nobody reads the buffer once this has returned; whoever wants more of it gets an error. */
    synchronized void letGo() {
        bytes = null;
    }

    /** Takes back the pieces that the client is through with. */
    synchronized void recycle() {
        for (Iterator<ByteBuffer> all = handed.iterator(); all.hasNext(); ) {
            final ByteBuffer piece = all.next();
            if (!piece.hasRemaining()) {
                all.remove();
                pieces.give(piece.array());
            }
        }
    }

    /** A copy of what comes next; null once the buffer has been let go. */
    private synchronized ByteBuffer copy(int from) {
        recycle();
        if (bytes == null) {
            return null;
        }
        final byte[] piece = pieces.take();
        final int count = Math.min(piece.length, length - from);
        bytes.get(from, piece, 0, count);
        final ByteBuffer copy = ByteBuffer.wrap(piece, 0, count);
        handed.add(copy);
        return copy;
    }

    private static final class Delivery implements Flow.Subscription {
        private final CopiedBody body;
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private final AtomicLong demand = new AtomicLong();
        private int next;
        private volatile boolean over;

        Delivery(CopiedBody body, Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.body = body;
            this.subscriber = subscriber;
        }

        @Override
        public void request(long count) {
            final long before = demand.getAndAccumulate(
                    Math.max(1, count), (has, more) -> has > Long.MAX_VALUE - more ? Long.MAX_VALUE : has + more);
            if (before != 0) {
                return; // whoever made it more than 0 is delivering, perhaps this very thread further down
            }
            do {
                if (over) {
                    return; // with the demand left standing, so that nobody gets in here again
                }
                deliver();
            } while (demand.decrementAndGet() != 0);
        }

        private void deliver() {
            final ByteBuffer piece = body.copy(next);
            if (piece == null) {
                over = true;
                subscriber.onError(new IOException("the request was given up"));
                return;
            }
            next += piece.remaining();
            subscriber.onNext(piece);
            if (next == body.length && !over) {
                over = true;
                subscriber.onComplete();
            }
        }

        @Override
        public void cancel() {
            over = true;
        }
    }
}
