package io.kraken.tracer.ring.otlp;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A request body that hands the JDK's HTTP client copies only, one piece at a time, as the connection takes them.
 *
 * <p>The client never reports that it no longer uses the bytes of a request that failed or was cancelled: it may keep
 * them, and write from them, until the connection is closed. So it gets pieces on the heap, and the original buffer can
 * be reused or freed as soon as {@link #release} has returned. A piece is reused only when the client has moved its
 * position to its limit, which means that all of it has been written or encrypted. Other pieces are left to the garbage
 * collector: two or three for each request that fails.
 *
 * <p>The client may subscribe more than once, to send the body again. All methods may be called by any thread; a thread
 * waits for another one no longer than the copy of one piece takes.
 */
final class CopiedBody implements HttpRequest.BodyPublisher {

    private static final int PIECE = 64 << 10;

    private final Pieces pieces;
    private final RequestBytes bytes;
    /** Pieces that the client has received and may still read. */
    private final ArrayDeque<ByteBuffer> delivered = new ArrayDeque<>();

    /** Pool of the free pieces of one client. */
    static final class Pieces {
        private static final int MOST_FREE = 16;

        private final ArrayBlockingQueue<byte[]> free = new ArrayBlockingQueue<>(MOST_FREE);

        private byte[] take() {
            final byte[] piece = free.poll();
            return piece == null ? new byte[PIECE] : piece;
        }

        private void give(byte[] piece) {
            free.offer(piece); // when the pool is full, the piece is garbage
        }
    }

    CopiedBody(ByteBuffer body, Pieces pieces) {
        this.pieces = pieces;
        bytes = new RequestBytes(body);
    }

    @Override
    public long contentLength() {
        return bytes.length();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        subscriber.onSubscribe(new Delivery(this, subscriber));
    }

    /** Ends all reading of the buffer; a client that asks for more bytes gets an error. */
    void release() {
        bytes.release();
    }

    /** Returns the pieces that the client has consumed to the pool. */
    synchronized void recycle() {
        for (Iterator<ByteBuffer> all = delivered.iterator(); all.hasNext(); ) {
            final ByteBuffer piece = all.next();
            if (!piece.hasRemaining()) {
                all.remove();
                pieces.give(piece.array());
            }
        }
    }

    /** A copy of the next bytes; null after {@link #release}. */
    private synchronized ByteBuffer copy(int from) {
        recycle();
        final byte[] piece = pieces.take();
        final int count = bytes.copy(from, piece);
        if (count < 0) {
            pieces.give(piece);
            return null;
        }
        final ByteBuffer copy = ByteBuffer.wrap(piece, 0, count);
        delivered.add(copy);
        return copy;
    }

    private static final class Delivery implements Flow.Subscription {
        private final CopiedBody body;
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private final AtomicLong demand = new AtomicLong();
        private int next;
        private volatile boolean ended;

        Delivery(CopiedBody body, Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.body = body;
            this.subscriber = subscriber;
        }

        @Override
        public void request(long count) {
            final long before = demand.getAndAccumulate(
                    Math.max(1, count), (has, more) -> has > Long.MAX_VALUE - more ? Long.MAX_VALUE : has + more);
            if (before != 0) {
                // the thread that made it more than 0 is delivering; it may be this thread, further up the stack
                return;
            }
            do {
                if (ended) {
                    return; // the demand stays above 0, so that no thread enters this loop again
                }
                deliver();
            } while (demand.decrementAndGet() != 0);
        }

        private void deliver() {
            final ByteBuffer piece = body.copy(next);
            if (piece == null) {
                ended = true;
                subscriber.onError(new IOException("the request was abandoned, its body is no longer available"));
                return;
            }
            next += piece.remaining();
            subscriber.onNext(piece);
            if (next == body.bytes.length() && !ended) {
                ended = true;
                subscriber.onComplete();
            }
        }

        @Override
        public void cancel() {
            ended = true;
        }
    }
}
