package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.GrpcSpanServer.Answer;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A collector under load that is down for a while, then slow, then gives every possible answer. */
@Tag("slow")
@Tag("outage")
class OutageTest {

    private static final long SPANS_PER_SECOND = 100_000;
    private static final int SECONDS = Integer.getInteger("outage.seconds", 20);
    private static final int REQUESTS = 4;
    private static final int RETRY_MS = 50;
    /** The maximum backoff minus its jitter: the minimum time between attempts after some failures. */
    private static final long LEAST_LONGEST_WAIT_MS = 20 * RETRY_MS * 8 / 10;
    /** The time until the backoff, which grows by half each time, has reached its maximum. */
    private static final int MOST_SHORT_WAITS = 10;

    @TempDir
    Path folder;

    private final GrpcSpanServer receiver = new GrpcSpanServer();

    @Test
    @Timeout(600)
    void losesNoSpansAndDoesNotOverloadTheCollector() throws IOException, InterruptedException {
        final Path root = folder.resolve("queues");
        final BridgeSetup setup = new BridgeSetup(root)
                .requests(REQUESTS, 1 << 20)
                .retryMs(RETRY_MS)
                .grpc("receiver", receiver.port());
        try (receiver;
                NumberingService service = NumberingService.forEver(folder, root, "service", SPANS_PER_SECOND);
                Bridge bridge = Bridge.start(setup.config())) {
            final Shipper shipper = bridge.shippers().get(0);
            service.awaitQueued(SPANS_PER_SECOND / 2);
            Waiting.until("the first requests", () -> receiver.requests() > 2);
            goDown(service, shipper);
            recoverSlowly();
            giveEveryAnswer();
            final long queued = service.kill();
            receiver.book.awaitAll(service.name, queued);
            Waiting.until("the last answer", () -> shipper.waiting() == 0);
            Ledgers.assertClosed(shipper);
            assertEquals(receiver.book.refused(), shipper.counts().get(ShipCount.REFUSED));
            assertEquals(receiver.book.distinct(), shipper.counts().get(ShipCount.SENT));
        }
        assertEquals(0, receiver.book.duplicates());
        assertEquals(0, receiver.book.resentAfterRefusal());
        assertEquals(REQUESTS, receiver.mostInFlight());
    }

    /** While the collector is down, single requests are attempted, each after its backoff. */
    private void goDown(NumberingService service, Shipper shipper) throws IOException {
        receiver.down();
        final long begunNs = System.nanoTime();
        final long triesBefore = shipper.counts().get(ShipCount.REQUESTS);
        service.awaitQueued(service.queued() + SECONDS * SPANS_PER_SECOND);
        final long tries = shipper.counts().get(ShipCount.REQUESTS) - triesBefore;
        final long passedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNs);
        final long most = REQUESTS + MOST_SHORT_WAITS + passedMs / LEAST_LONGEST_WAIT_MS + 1;
        assertTrue(tries > 1 && tries <= most, () -> tries + " tries in " + passedMs + " ms");
    }

    /** After the recovery one request is sent, then two, then four, and no more than that. */
    private void recoverSlowly() {
        receiver.slow(200);
        receiver.up();
        final long before = receiver.requests();
        Waiting.until("some slow answers", () -> receiver.requests() >= before + 20);
        assertEquals(0, receiver.overruns());
        receiver.slow(0);
    }

    private void giveEveryAnswer() {
        for (String code : RetryTableTest.RETRIED) {
            answerWith(Answer.retry(code));
        }
        answerWith(Answer.retryAfter("RESOURCE_EXHAUSTED", 100));
        assertEquals(0, receiver.book.refused());
        for (String code : RetryTableTest.REFUSED) {
            answerWith(Answer.refuse(code));
        }
        assertTrue(receiver.book.refused() > 0);
    }

    private void answerWith(Answer answer) {
        receiver.next(answer, 2);
        Waiting.until("requests to answerWith it to", () -> receiver.timesLeft() == 0);
    }
}
