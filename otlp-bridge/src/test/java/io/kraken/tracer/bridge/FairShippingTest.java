package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.ScriptedDestination.Request;
import io.kraken.tracer.bridge.ship.ShipCount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The limits of shipping one queue ahead of its unanswered requests, and ahead of other queues. */
class FairShippingTest {

    private static final int REQUEST_BYTES = 1 << 14;

    @TempDir
    Path root;

    private static List<String> services(List<Request> requests) {
        return requests.stream()
                .map(request -> request.content.getResourceSpans(0).getResource().getAttributesList().stream()
                        .filter(attribute -> attribute.getKey().equals("service.name"))
                        .findFirst()
                        .orElseThrow()
                        .getValue()
                        .getStringValue())
                .collect(Collectors.toList());
    }

    @Test
    void limitsRequestsAfterAnUnansweredOne() throws IOException {
        new QueuedSpans(root, "agent").sampled(20_000).close();
        try (BridgeRig rig = new BridgeRig(root, 0, REQUEST_BYTES)) {
            rig.destination.always = null;
            rig.untilIdle();
            final List<Request> requests = rig.destination.requests;
            assertEquals(4, requests.size());
            for (int answered = 1; answered < requests.size(); answered++) {
                requests.get(answered).answer(ScriptedDestination.TAKEN);
                rig.untilIdle();
            }
            // A document that was read goes into requests completely: at most one more than the limit in flight.
            assertTrue(requests.size() <= 5, () -> requests.size() + " requests");
            requests.get(0).answer(ScriptedDestination.TAKEN);
            rig.destination.always = ScriptedDestination.TAKEN;
            requests.forEach(request -> request.answer(ScriptedDestination.TAKEN));
            rig.later(1, TimeUnit.SECONDS);
            assertEquals(20_000, rig.destination.taken().size());
            rig.assertLedger(20_000, ShipCount.SENT, 20_000);
        }
    }

    @Test
    void shipsOtherQueuesDespiteAnUnansweredRequest() throws IOException {
        new QueuedSpans(root, "first").sampled(20_000).close();
        new QueuedSpans(root, "second").sampled(20_000).close();
        try (BridgeRig rig = new BridgeRig(root, 0, REQUEST_BYTES)) {
            rig.destination.always = null;
            rig.untilIdle();
            final List<Request> requests = rig.destination.requests;
            final String held = services(requests).get(0);
            for (int answered = 1; answered < requests.size(); answered++) {
                requests.get(answered).answer(ScriptedDestination.TAKEN);
                rig.untilIdle();
            }
            final List<String> others = services(requests).stream()
                    .filter(name -> !name.equals(held))
                    .collect(Collectors.toList());
            assertTrue(others.size() > 20, () -> others.size() + " requests of the other queue");
        }
    }

    @Test
    void shipsOtherQueuesDespiteABusyOne() throws IOException {
        new QueuedSpans(root, "first").sampled(100_000).close();
        new QueuedSpans(root, "second").sampled(100).close();
        try (BridgeRig rig = new BridgeRig(root, 0, REQUEST_BYTES)) {
            rig.untilIdle();
            final List<String> services = services(rig.destination.requests);
            assertTrue(services.size() > 100);
            assertTrue(services.indexOf("second") < 20, () -> services.indexOf("second") + " requests before it");
        }
    }
}
