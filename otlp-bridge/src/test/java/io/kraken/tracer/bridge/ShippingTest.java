package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of janitor, head reader and shipper, single-stepped between real queues and a scripted destination. */
class ShippingTest {

    @TempDir
    Path root;

    private static List<Long> numbers(int from, int to) {
        return LongStream.range(from, to).boxed().collect(Collectors.toList());
    }

    @Test
    void shipsAndDeletesTheQueueOfADeadProcess() throws IOException {
        new QueuedSpans(root, "agent").sampled(1000).close();
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.untilIdle();
            assertEquals(numbers(0, 1000), rig.destination.taken());
            rig.later(1, TimeUnit.SECONDS);
            assertEquals(List.of(), QueueRoot.list(root));
            rig.assertLedger(1000, ShipCount.SENT, 1000);
        }
    }

    @Test
    void shipsSampledSpansOfALiveProcessWithoutTheDecisionDelay() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent").sampled(100).settle();
                BridgeRig rig = new BridgeRig(root, 10, 1 << 20)) {
            rig.untilIdle();
            assertEquals(numbers(0, 100), rig.destination.taken());
            agent.sampled(50).settle();
            rig.later(250, TimeUnit.MILLISECONDS);
            assertEquals(numbers(0, 150), rig.destination.taken());
        }
    }

    @Test
    void shipsTheFirstSpanAfterALongSilenceWithinTheLongestPoll() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent").sampled(1).settle();
                BridgeRig rig = new BridgeRig(root, 10, 1 << 20)) {
            rig.later(10, TimeUnit.MINUTES);
            agent.sampled(1).settle();
            rig.later(250, TimeUnit.MILLISECONDS);
            assertEquals(numbers(0, 2), rig.destination.taken());
        }
    }

    @Test
    void keepsAllSpansOfATraceWithAnErrorIncludingLateOnes() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent");
                QueuedSpans tracker = new QueuedSpans(root, "tracker");
                BridgeRig rig = new BridgeRig(root, 10, 1 << 20)) {
            agent.unsampled(1).end();
            agent.unsampled(2).end();
            agent.settle();
            rig.untilIdle();
            tracker.unsampled(1).error("no").end();
            tracker.settle();
            rig.later(11, TimeUnit.SECONDS);
            agent.unsampled(2).end();
            agent.unsampled(1).end();
            agent.settle();
            rig.later(11, TimeUnit.SECONDS);
            assertEquals(List.of(0L, 0L, 3L), rig.destination.taken());
            rig.assertLedger(5, ShipCount.SENT, 3, ShipCount.NOT_KEPT, 2);
        }
    }

    @Test
    void losesNothingAndProbesOneAtATimeWhileDown() throws IOException {
        new QueuedSpans(root, "agent").sampled(5000).close();
        try (BridgeRig rig = new BridgeRig(root, 0, 1 << 16)) {
            rig.destination.always = ScriptedDestination.UNAVAILABLE;
            rig.untilIdle();
            final int first = rig.destination.requests.size();
            assertEquals(4, first);
            rig.later(2, TimeUnit.SECONDS);
            assertEquals(first + 1, rig.destination.requests.size());
            rig.destination.always = ScriptedDestination.TAKEN;
            rig.later(60, TimeUnit.SECONDS);
            rig.later(1, TimeUnit.SECONDS);
            assertEquals(numbers(0, 5000), rig.destination.taken());
            rig.assertLedger(5000, ShipCount.SENT, 5000);
        }
    }

    @Test
    void keepsTheBacklogWhileADestinationIsHeld() throws IOException {
        new QueuedSpans(root, "agent").sampled(5000).close();
        try (BridgeRig rig = new BridgeRig(root, 0, 1 << 16)) {
            rig.destination.always = ScriptedDestination.UNAUTHENTICATED;
            rig.untilIdle();
            rig.later(1, TimeUnit.HOURS);
            assertTrue(rig.shipper.isHeld());
            assertTrue(rig.destination.requests.size() < 60, () -> rig.destination.requests.size() + " requests");
            rig.destination.always = ScriptedDestination.TAKEN;
            rig.later(10, TimeUnit.MINUTES);
            assertFalse(rig.shipper.isHeld());
            assertEquals(numbers(0, 5000), rig.destination.taken());
            rig.assertLedger(5000, ShipCount.SENT, 5000);
        }
    }

    @Test
    void neverResendsRefusedRequests() throws IOException {
        new QueuedSpans(root, "agent").sampled(100).close();
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.destination.always = ScriptedDestination.REFUSED;
            rig.untilIdle();
            rig.later(60, TimeUnit.SECONDS);
            assertEquals(1, rig.destination.requests.size());
            rig.assertLedger(100, ShipCount.REFUSED, 100);
            assertEquals(List.of(), QueueRoot.list(root));
        }
    }

    @Test
    void continuesAfterAcknowledgedSpansOnRestart() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent").sampled(5000).settle()) {
            final List<Long> first;
            try (BridgeRig rig = new BridgeRig(root, 0, 1 << 16)) {
                rig.destination.always = null;
                rig.untilIdle();
                assertEquals(4, rig.destination.requests.size());
                rig.destination.requests.get(0).answer(ScriptedDestination.TAKEN);
                rig.destination.requests.get(2).answer(ScriptedDestination.TAKEN);
                rig.untilIdle();
                first = rig.destination.requests.get(0).numbers();
            }
            agent.sampled(10).settle();
            try (BridgeRig rig = new BridgeRig(root, 0, 1 << 16)) {
                rig.untilIdle();
                final List<Long> taken = rig.destination.taken();
                assertTrue(taken.get(0) <= first.size() && taken.get(0) > first.size() - 64);
                assertEquals(numbers(taken.get(0).intValue(), 5010), taken);
                assertFalse(QueueRoot.list(root).isEmpty());
            }
        }
    }

    @Test
    void decidesInTimeOnTracesWithoutAnEnd() throws IOException {
        try (QueuedSpans agent = new QueuedSpans(root, "agent");
                BridgeRig rig = new BridgeRig(root, 10, 1 << 20)) {
            final Span open = agent.unsampled(1);
            agent.unsampled(1).end();
            agent.settle();
            rig.later(11, TimeUnit.SECONDS);
            rig.assertLedger(1, ShipCount.NOT_KEPT, 1);
            open.end();
        }
    }

    @Test
    void discardsARequestThatAlwaysFailsWithoutDelayingOthers() throws IOException {
        new QueuedSpans(root, "agent").sampled(30_000).close();
        try (BridgeRig rig = new BridgeRig(root, 0, 1 << 15)) {
            rig.destination.failing = 0L;
            rig.later(30, TimeUnit.MINUTES);
            final List<Long> taken = rig.destination.taken();
            assertFalse(taken.contains(0L));
            assertEquals(29_999L, taken.get(taken.size() - 1));
            rig.assertLedger(30_000, ShipCount.SENT, taken.size(), ShipCount.REFUSED, 30_000 - taken.size());
            assertEquals(List.of(), QueueRoot.list(root));
        }
    }
}
