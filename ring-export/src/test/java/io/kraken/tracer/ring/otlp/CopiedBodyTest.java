package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

/** Tests which bytes of a request's body an HTTP client sees, and for how long. */
class CopiedBodyTest {

    private static final int LENGTH = 200_000;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LENGTH);
    private final CopiedBody.Pieces pieces = new CopiedBody.Pieces();

    private static final class Client implements Flow.Subscriber<ByteBuffer> {
        final List<ByteBuffer> got = new ArrayList<>();
        Flow.Subscription subscription;
        Throwable error;
        boolean complete;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(ByteBuffer piece) {
            got.add(piece);
        }

        @Override
        public void onError(Throwable given) {
            error = given;
        }

        @Override
        public void onComplete() {
            complete = true;
        }

        int bytes() {
            return got.stream().mapToInt(ByteBuffer::limit).sum();
        }
    }

    private void fill(int value) {
        for (int i = 0; i < LENGTH; i++) {
            buffer.put(i, (byte) value);
        }
    }

    private CopiedBody body() {
        return new CopiedBody(buffer.duplicate(), pieces);
    }

    private static Client subscribed(CopiedBody body) {
        final Client client = new Client();
        body.subscribe(client);
        return client;
    }

    @Test
    void deliversWholeBodyToEverySubscriber() {
        fill(1);
        final CopiedBody body = body();
        assertEquals(LENGTH, body.contentLength());
        for (int i = 0; i < 2; i++) {
            final Client client = subscribed(body);
            client.subscription.request(Long.MAX_VALUE);
            assertEquals(LENGTH, client.bytes());
            assertTrue(client.complete);
        }
    }

    @Test
    void clientKeepsItsBytesWhenBufferIsReused() {
        fill(1);
        final CopiedBody body = body();
        final Client client = subscribed(body);
        client.subscription.request(1);
        body.release();
        fill(2);
        final ByteBuffer piece = client.got.get(0);
        while (piece.hasRemaining()) {
            assertEquals(1, piece.get());
        }
        client.subscription.request(1);
        assertEquals(1, client.got.size());
        assertFalse(client.complete);
        assertEquals("the request was abandoned, its body is no longer available", client.error.getMessage());
    }

    @Test
    void reusesPieceOnceItIsFullyRead() {
        final Client client = subscribed(body());
        client.subscription.request(2);
        final byte[] kept = client.got.get(0).array();
        final byte[] read = client.got.get(1).array();
        client.got.get(0).get();
        client.got.get(1).position(client.got.get(1).limit());
        client.subscription.request(1);
        assertSame(read, client.got.get(2).array());
        client.subscription.request(1);
        assertNotSame(kept, client.got.get(3).array());
        assertTrue(client.complete);
    }

    @Test
    void reusesPiecesForTheNextRequest() {
        final CopiedBody body = body();
        final Client client = subscribed(body);
        client.subscription.request(1);
        final ByteBuffer piece = client.got.get(0);
        piece.position(piece.limit());
        body.release();
        body.recycle();
        final Client next = subscribed(body());
        next.subscription.request(1);
        assertSame(piece.array(), next.got.get(0).array());
        assertEquals(piece.limit(), next.got.get(0).remaining());
    }
}
