package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of traces that are kept after the decision about their early spans. */
class LookBackTest {

    @TempDir
    Path root;

    private final BridgeRig.Setup setup = new BridgeRig.Setup();

    @BeforeEach
    void window() {
        setup.delaySeconds = 10;
        setup.windowNs = TimeUnit.HOURS.toNanos(1);
    }

    @Test
    void findsTheEarlySpansOfATraceThatFailsAtItsEnd() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent");
                QueuedSpans tracker = new QueuedSpans(root, "tracker");
                BridgeRig rig = new BridgeRig(root, setup)) {
            agent.unsampled(1).end();
            agent.unsampled(2).end();
            agent.settle();
            tracker.unsampled(1).end();
            tracker.settle();
            rig.later(60, TimeUnit.SECONDS);
            rig.assertLedger(3, ShipCount.NOT_KEPT, 3);
            agent.unsampled(1).error("at the end").end();
            agent.settle();
            rig.later(11, TimeUnit.SECONDS);
            assertEquals(List.of(0L, 0L, 2L), rig.destination.taken());
            rig.assertLedger(6, ShipCount.SENT, 3, ShipCount.NOT_KEPT, 3);
        }
    }

    @Test
    void findsEarlySpansOfADeadProcess() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent");
                BridgeRig rig = new BridgeRig(root, setup)) {
            try (QueuedSpans dead = new QueuedSpans(root, "dead")) {
                dead.unsampled(1).end();
                dead.settle();
            }
            rig.later(30, TimeUnit.SECONDS);
            agent.unsampled(1).error("no").end();
            agent.settle();
            rig.later(30, TimeUnit.SECONDS);
            assertEquals(List.of(0L), rig.destination.taken("dead"));
            assertEquals(List.of(0L), rig.destination.taken("agent"));
        }
    }

    @Test
    void findsThemForADestinationThatWasDown() throws IOException {
        setup.destinations = 2;
        try (QueuedSpans agent = new QueuedSpans(root, "agent");
                BridgeRig rig = new BridgeRig(root, setup)) {
            rig.destinations.get(1).always = ScriptedDestination.UNAVAILABLE;
            agent.unsampled(1).end();
            agent.settle();
            rig.later(30, TimeUnit.SECONDS);
            agent.unsampled(1).error("no").end();
            agent.settle();
            rig.later(30, TimeUnit.MINUTES);
            assertEquals(List.of(0L, 1L), rig.destination.taken());
            rig.destinations.get(1).always = ScriptedDestination.TAKEN;
            rig.later(2, TimeUnit.MINUTES);
            assertEquals(List.of(0L, 1L), rig.destinations.get(1).taken());
        }
    }

    @Test
    void findsThemAfterARestart() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent")) {
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                agent.unsampled(1).end();
                agent.unsampled(2).end();
                agent.settle();
                rig.later(30, TimeUnit.SECONDS);
            }
            agent.unsampled(1).error("no").end();
            agent.settle();
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.later(30, TimeUnit.SECONDS);
                assertEquals(List.of(0L, 2L), rig.destination.taken());
            }
            try (BridgeRig rig = new BridgeRig(root, setup)) {
                rig.later(30, TimeUnit.SECONDS);
                assertEquals(List.of(), rig.destination.taken());
                assertEquals(1, QueueRoot.list(root).size());
            }
        }
    }

    @Test
    void shipsAfterALongOutageWhatWasDecidedBeforeIt() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent");
                BridgeRig rig = new BridgeRig(root, setup)) {
            rig.destination.always = ScriptedDestination.UNAVAILABLE;
            for (int i = 0; i < 1000; i++) {
                agent.unsampled(i + 1).error("no").end();
                agent.unsampled(2000 + i).end();
            }
            agent.settle();
            rig.later(3, TimeUnit.HOURS);
            rig.destination.always = ScriptedDestination.TAKEN;
            rig.later(5, TimeUnit.MINUTES);
            assertEquals(1000, rig.destination.taken().size());
            rig.assertLedger(2000, ShipCount.SENT, 1000, ShipCount.NOT_KEPT, 1000);
        }
    }
}
