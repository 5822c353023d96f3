package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.GrpcSpanServer.Answer;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The OTLP tables of retryable answers, tested with a complete bridge: retried, or never sent again. */
class RetryTableTest {

    static final List<String> RETRIED = List.of(
            "UNAUTHENTICATED",
            "PERMISSION_DENIED",
            "UNIMPLEMENTED",
            "CANCELLED",
            "DEADLINE_EXCEEDED",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNAVAILABLE",
            "DATA_LOSS");
    static final List<String> REFUSED = List.of(
            "RESOURCE_EXHAUSTED",
            "INVALID_ARGUMENT",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "FAILED_PRECONDITION",
            "INTERNAL",
            "UNKNOWN");

    private static final String SERVICE = "agent";
    private static final int SPANS = 10;
    private static final int TIMES = 2;

    @TempDir
    Path root;

    private long spans;

    private void more(QueuedSpans agent, SpanBook book) {
        agent.sampled(SPANS).settle();
        spans += SPANS;
        book.awaitAll(SERVICE, spans);
    }

    private void assertOnce(SpanBook book, Bridge bridge, long refused) {
        final Shipper shipper = bridge.shippers().get(0);
        Waiting.until("the last answer", () -> shipper.waiting() == 0);
        Ledgers.assertClosed(shipper);
        assertEquals(refused, book.refused());
        assertEquals(refused, shipper.counts().get(ShipCount.REFUSED));
        assertEquals(spans - refused, shipper.counts().get(ShipCount.SENT));
        assertEquals(0, book.resentAfterRefusal());
        assertEquals(0, book.duplicates());
    }

    @Test
    void followsTheTableOfGrpc() throws IOException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                QueuedSpans agent = new QueuedSpans(root, SERVICE);
                Bridge bridge = Bridge.start(new BridgeSetup(root)
                        .retryMs(5)
                        .grpc("grpc", receiver.port())
                        .config())) {
            for (String code : RETRIED) {
                receiver.next(Answer.retry(code), TIMES);
                more(agent, receiver.book);
                assertEquals(0, receiver.timesLeft(), code);
            }
            receiver.next(Answer.retryAfter("RESOURCE_EXHAUSTED", 300), 1);
            more(agent, receiver.book);
            // Checks the order, not the speed, so that it cannot fail on a slow machine.
            assertTrue(receiver.shortestPauseNs() >= TimeUnit.MILLISECONDS.toNanos(300));
            assertEquals(RETRIED.size() * TIMES + 1L, retries(bridge));
            for (String code : REFUSED) {
                receiver.next(Answer.refuse(code), 1);
                more(agent, receiver.book);
            }
            assertEquals(RETRIED.size() * TIMES + 1L, retries(bridge));
            assertOnce(receiver.book, bridge, (long) REFUSED.size() * SPANS);
        }
    }

    @Test
    void followsTheTableOfHttp() throws IOException {
        final List<Integer> retried = List.of(401, 403, 404, 405, 407, 429, 501, 502, 503, 504);
        final List<Integer> refused = List.of(400, 408, 413, 415, 500, 505);
        try (HttpSpanServer receiver = new HttpSpanServer();
                QueuedSpans agent = new QueuedSpans(root, SERVICE);
                Bridge bridge = Bridge.start(new BridgeSetup(root)
                        .retryMs(5)
                        .http("http", receiver.port())
                        .config())) {
            for (int status : retried) {
                receiver.next(new HttpSpanServer.Answer(status, false, null), TIMES);
                more(agent, receiver.book);
            }
            receiver.next(new HttpSpanServer.Answer(503, false, "1"), 1);
            more(agent, receiver.book);
            assertTrue(receiver.shortestPauseNs() >= TimeUnit.SECONDS.toNanos(1));
            assertEquals(retried.size() * TIMES + 1L, retries(bridge));
            for (int status : refused) {
                receiver.next(new HttpSpanServer.Answer(status, true, null), 1);
                more(agent, receiver.book);
            }
            assertEquals(retried.size() * TIMES + 1L, retries(bridge));
            assertOnce(receiver.book, bridge, (long) refused.size() * SPANS);
        }
    }

    private static long retries(Bridge bridge) {
        return bridge.shippers().get(0).counts().get(ShipCount.RETRIES);
    }
}
