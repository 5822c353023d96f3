package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.cli.FailedCommandMain;
import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.otlp.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory that runs out in an agent ends the bridge; what was acknowledged is not sent again. */
class OutOfMemoryTest {

    private static final String SERVICE = "agent";
    private static final int SPANS = 100;

    @TempDir
    Path folder;

    private final AtomicBoolean isFull = new AtomicBoolean();
    private final CountDownLatch failed = new CountDownLatch(1);

    private final class FullTransport implements Transport {
        private final Transport transport;

        FullTransport(Transport transport) {
            this.transport = transport;
        }

        @Override
        public Exchange send(ByteBuffer bytes) {
            if (isFull.get()) {
                throw new OutOfMemoryError("set by the test");
            }
            return transport.send(bytes);
        }

        @Override
        public void close() {
            transport.close();
        }
    }

    private Destination full(ScriptedDestination scripted) {
        return new Destination(scripted.config(), new DocumentEncoder(), new FullTransport(scripted));
    }

    @Test
    void endsTheBridgeWithPositionsSaved() throws IOException, InterruptedException {
        final BridgeSetup setup = new BridgeSetup(folder.resolve("queues")).grpc("scripted", 1);
        final ScriptedDestination first = new ScriptedDestination(1, 1 << 16);
        final ScriptedDestination second = new ScriptedDestination(1, 1 << 16);
        try (QueuedSpans agent = new QueuedSpans(folder.resolve("queues"), SERVICE)
                .sampled(SPANS)
                .settle()) {
            try (Bridge bridge = Bridge.start(setup.config(), config -> full(first), failed::countDown)) {
                Waiting.until(
                        "all spans",
                        () -> bridge.shippers().get(0).waiting() == 0
                                && first.taken().size() == SPANS);
                isFull.set(true);
                agent.sampled(1).settle();
                assertTrue(failed.await(30, TimeUnit.SECONDS));
            }
            assertTrue(first.closed);
            try (Bridge bridge = Bridge.start(setup.config(), config -> second.destination())) {
                Waiting.until(
                        "the rest",
                        () -> bridge.shippers().get(0).waiting() == 0
                                && !second.taken().isEmpty());
            }
            assertEquals(List.of((long) SPANS), second.taken());
        }
    }

    @Test
    void setsTheExitCode() throws IOException, InterruptedException {
        try (ForkedMain process = ForkedMain.start(folder.resolve("process.log"), FailedCommandMain.class, List.of())) {
            process.awaitEnd();
            assertEquals(3, process.process.exitValue(), process.said());
            assertEquals(FailedCommandMain.CLEANED, process.said().strip());
        }
    }
}
