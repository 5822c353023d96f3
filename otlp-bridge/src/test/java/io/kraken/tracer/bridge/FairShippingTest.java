package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.ScriptedDestination.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much of one queue may be sent before the rest of it, and before others. */
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
    void whatComesBehindARequestThatIsNotAnsweredWaitsForIt() throws IOException {
        new QueuedSpans(root, "agent").sampled(20_000).close();
        try (Rig rig = new Rig(root, 0, REQUEST_BYTES)) {
            rig.destination.always = null;
            rig.untilIdle();
            final List<Request> requests = rig.destination.requests;
            assertEquals(4, requests.size());
            for (int answered = 1; answered < requests.size(); answered++) {
                requests.get(answered).answer(ScriptedDestination.TAKEN);
                rig.untilIdle();
            }
            // All of a document goes into requests once it is read: one more than are under way, at the most.
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
    void aRequestThatIsNotAnsweredHoldsUpNoOtherQueue() throws IOException {
        new QueuedSpans(root, "first").sampled(20_000).close();
        new QueuedSpans(root, "second").sampled(20_000).close();
        try (Rig rig = new Rig(root, 0, REQUEST_BYTES)) {
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
    void aQueueThatHasMuchDoesNotKeepTheOthersWaiting() throws IOException {
        new QueuedSpans(root, "first").sampled(100_000).close();
        new QueuedSpans(root, "second").sampled(100).close();
        try (Rig rig = new Rig(root, 0, REQUEST_BYTES)) {
            rig.untilIdle();
            final List<String> services = services(rig.destination.requests);
            assertTrue(services.size() > 100);
            assertTrue(services.indexOf("second") < 20, () -> services.indexOf("second") + " requests before it");
        }
    }
}
