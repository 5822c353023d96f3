package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shutdown of a bridge, and the start of the next one. */
class DrainTest {

    private static final String SERVICE = "agent";
    private static final int SPANS = 20_000;

    @TempDir
    Path folder;

    private BridgeSetup setup(GrpcSpanServer receiver) {
        return new BridgeSetup(folder.resolve("queues")).requests(4, 64 << 10).grpc("receiver", receiver.port());
    }

    private QueuedSpans agent() {
        return new QueuedSpans(folder.resolve("queues"), SERVICE).sampled(SPANS).settle();
    }

    private ForkedMain fork(BridgeSetup setup, String name) throws IOException {
        return ForkedMain.start(folder.resolve(name + ".log"), BridgeOfItsOwnMain.class, setup.arguments());
    }

    @Test
    void sendsReadSpansOnCloseAndTheOthersAfterRestart() throws IOException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                QueuedSpans agent = agent()) {
            receiver.slow(20);
            final Bridge bridge = Bridge.start(setup(receiver).config());
            Waiting.until("the first requests", () -> receiver.requests() > 4);
            bridge.close();
            final Shipper shipper = bridge.shippers().get(0);
            assertEquals(0, shipper.waiting());
            assertEquals(receiver.book.distinct(), shipper.counts().get(ShipCount.SENT));
            assertEquals(shipper.counts().get(ShipCount.READ), shipper.counts().get(ShipCount.SENT));
            receiver.slow(0);
            try (Bridge next = Bridge.start(setup(receiver).config())) {
                receiver.book.awaitAll(SERVICE, SPANS);
                agent.sampled(10).settle();
                receiver.book.awaitAll(SERVICE, SPANS + 10);
                Ledgers.assertClosed(next.shippers().get(0));
            }
            assertEquals(0, receiver.book.duplicates());
        }
    }

    @Test
    void closesInTimeWithoutAnswersAndResendsAfterRestart() throws IOException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                QueuedSpans agent = agent()) {
            receiver.always(GrpcSpanServer.Answer.SILENCE);
            final Bridge bridge = Bridge.start(setup(receiver).drainMs(200).config());
            Waiting.until("all requests to be in flight", () -> receiver.requests() == 4);
            bridge.close();
            final Shipper shipper = bridge.shippers().get(0);
            assertTrue(shipper.waiting() >= receiver.book.distinct());
            Ledgers.assertClosed(shipper);
            final long receivedUnanswered = receiver.book.distinct();
            receiver.always(GrpcSpanServer.Answer.TAKEN);
            try (Bridge next = Bridge.start(setup(receiver).config())) {
                receiver.book.awaitAll(SERVICE, SPANS);
                agent.sampled(10).settle();
                receiver.book.awaitAll(SERVICE, SPANS + 10);
                Ledgers.assertClosed(next.shippers().get(0));
            }
            assertEquals(receivedUnanswered, receiver.book.duplicates());
        }
    }

    @Test
    @Tag("slow")
    void drainsOnSigterm() throws IOException, InterruptedException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                QueuedSpans agent = agent();
                ForkedMain first = fork(setup(receiver), "first")) {
            receiver.slow(20);
            Waiting.until("the first requests", () -> receiver.requests() > 4);
            first.terminate();
            assertTrue(first.said().contains(BridgeOfItsOwnMain.CLOSED), first.said());
            receiver.slow(0);
            try (ForkedMain second = fork(setup(receiver), "second")) {
                receiver.book.awaitAll(SERVICE, SPANS);
                agent.sampled(10).settle();
                receiver.book.awaitAll(SERVICE, SPANS + 10);
                second.terminate();
            }
            assertEquals(0, receiver.book.duplicates());
        }
    }

    @Test
    @Tag("slow")
    void logsUnacknowledgedSpansOnSigterm() throws IOException, InterruptedException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                QueuedSpans agent = agent();
                ForkedMain bridge = fork(setup(receiver).drainMs(200), "bridge")) {
            agent.settle();
            receiver.always(GrpcSpanServer.Answer.SILENCE);
            Waiting.until("all requests to be in flight", () -> receiver.requests() == 4);
            bridge.terminate();
            final String said = bridge.said();
            assertTrue(said.matches("(?s).*receiver: [1-9][0-9]* spans were not acknowledged in time.*"), said);
            assertTrue(said.contains(BridgeOfItsOwnMain.CLOSED), said);
        }
    }

    @Test
    @Tag("slow")
    void refusesToStartWhileAnotherBridgeRuns() throws IOException, InterruptedException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                ForkedMain first = fork(setup(receiver), "first")) {
            first.awaitOutput(BridgeOfItsOwnMain.STARTED);
            final IOException refusal = assertThrows(
                    IOException.class, () -> Bridge.start(setup(receiver).config()));
            assertTrue(refusal.getMessage().contains("process " + first.process.pid() + ","), refusal.getMessage());
            first.kill();
            try (Bridge second = Bridge.start(setup(receiver).config())) {
                assertEquals(1, second.shippers().size());
            }
        }
    }

    @Test
    @Tag("slow")
    void keepsTheLockAfterRefusingInTheSameProcess() throws IOException, InterruptedException {
        try (GrpcSpanServer receiver = new GrpcSpanServer();
                Bridge first = Bridge.start(setup(receiver).config())) {
            final String self = "process " + ProcessHandle.current().pid() + ",";
            final IOException refusal = assertThrows(
                    IOException.class, () -> Bridge.start(setup(receiver).config()));
            assertTrue(refusal.getMessage().contains(self), refusal.getMessage());
            try (ForkedMain other = fork(setup(receiver), "other")) {
                other.awaitEnd();
                assertTrue(other.said().contains(self), other.said());
            }
            assertEquals(1, first.shippers().size());
        }
    }
}
