package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A test of whole hosts with seeded random events: services record spans of shared traces, the destination fails, the
 * bridge is restarted, or its files are left as a killed process leaves them. In the end every span that was sampled,
 * and every span of a trace with an error, has arrived, however late the error was; no other one has.
 */
class RandomHostTest {

    private static final int STEPS = 60;
    private static final int TRACES = 40;
    private static final List<String> SERVICES = List.of("agent", "tracker", "origin");

    @TempDir
    Path root;

    private final List<QueuedSpans> services = new ArrayList<>();
    private final int[] recorded = new int[SERVICES.size()];
    /** What must arrive and what was recorded: service, number, trace. */
    private final Set<String> sampled = new TreeSet<>();

    private final List<String> unsampled = new ArrayList<>();
    private final List<Integer> tracesOf = new ArrayList<>();
    private final Set<Integer> failed = new HashSet<>();
    private final Set<String> arrived = new TreeSet<>();

    private BridgeRig rig;

    private BridgeRig newRig() throws IOException {
        final BridgeRig.Setup setup = new BridgeRig.Setup();
        setup.delaySeconds = 10;
        setup.windowNs = TimeUnit.DAYS.toNanos(1);
        setup.rememberNs = TimeUnit.DAYS.toNanos(1);
        setup.requestBytes = 1 << 14;
        return new BridgeRig(root, setup);
    }

    private void record(Random random) {
        final int service = random.nextInt(SERVICES.size());
        final QueuedSpans spans = services.get(service);
        for (int i = random.nextInt(100); i >= 0; i--) {
            final String name = SERVICES.get(service) + " " + recorded[service]++;
            if (random.nextInt(4) == 0) {
                spans.sampled(1);
                sampled.add(name);
            } else {
                final int trace = random.nextInt(TRACES);
                unsampled.add(name);
                tracesOf.add(trace);
                if (random.nextInt(200) == 0) {
                    failed.add(trace);
                    spans.unsampled(trace + 1).error("no").end();
                } else {
                    spans.unsampled(trace + 1).end();
                }
            }
        }
        spans.settle();
    }

    private void collect() {
        for (String service : SERVICES) {
            rig.destination.taken(service).forEach(number -> arrived.add(service + " " + number));
        }
        BridgeRig.assertLedgerClosed(rig.shipper);
        assertEquals(0, rig.shipper.counts().get(io.kraken.tracer.bridge.ship.ShipCount.LOST));
        assertEquals(0, rig.shipper.counts().get(io.kraken.tracer.bridge.ship.ShipCount.UNREADABLE));
    }

    private void step(Random random) throws IOException {
        switch (random.nextInt(8)) {
            case 0 ->
                rig.destination.always =
                        random.nextBoolean() ? ScriptedDestination.UNAVAILABLE : ScriptedDestination.TAKEN;
            case 1 -> {
                collect();
                if (random.nextBoolean()) {
                    rig.close();
                }
                rig = newRig(); // the files are as a killed process leaves them if the one before was not closed
            }
            case 2, 3 -> rig.later(1 + random.nextInt(40), TimeUnit.SECONDS);
            default -> record(random);
        }
    }

    private Set<String> expected() {
        final Set<String> expected = new TreeSet<>(sampled);
        for (int i = 0; i < unsampled.size(); i++) {
            if (failed.contains(tracesOf.get(i))) {
                expected.add(unsampled.get(i));
            }
        }
        return expected;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shipsAllSampledSpansAndAllOfTracesWithErrors(long seed) throws IOException {
        final Random random = new Random(seed);
        SERVICES.forEach(service -> services.add(new QueuedSpans(root, service)));
        rig = newRig();
        try {
            for (int i = 0; i < STEPS; i++) {
                step(random);
            }
            rig.destination.always = ScriptedDestination.TAKEN;
            rig.later(3, TimeUnit.MINUTES);
            collect();
        } finally {
            rig.close();
            services.forEach(QueuedSpans::close);
        }
        assertTrue(failed.size() > 0, "no trace failed: another seed is needed");
        final Set<String> missing = new TreeSet<>(expected());
        missing.removeAll(arrived);
        assertEquals(Set.of(), missing, "not arrived");
        arrived.removeAll(expected());
        assertEquals(Set.of(), arrived, "not to be kept");
        assertTrue(Files.isDirectory(root.resolve(".bridge").resolve("log")));
    }
}
