package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.GrpcSpanServer.Answer;
import io.kraken.tracer.bridge.ship.Shipper;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A soak test in which services and the bridge are started, stopped and killed at random while the receiver is as
 * unreliable as possible. Run by {@code mvn -Psoak}.
 */
@Tag("soak")
class SoakTest {

    private static final int SECONDS = Integer.getInteger("soak.seconds", 300);
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final int MOST_SERVICES = 3;
    private static final int MOST_SPANS_PER_SECOND = 20_000;
    private static final int MOST_SPANS = 300_000;
    private static final int MOST_PAUSE_MS = 2000;
    private static final int SLOWEST_MS = 200;

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);
    private final GrpcSpanServer receiver = new GrpcSpanServer();
    private final List<NumberingService> services = new ArrayList<>();
    private final Map<String, Long> queued = new HashMap<>();
    private final Map<String, Integer> events = new HashMap<>();
    private Path root;
    private BridgeSetup setup;
    private ForkedMain bridge;
    private int started;
    private int bridges;

    @Test
    @Timeout(value = 1, unit = TimeUnit.DAYS)
    void shipsEverySpanInAQueue() throws IOException, InterruptedException {
        root = folder.resolve("queues");
        setup = new BridgeSetup(root).requests(4, 256 << 10).grpc("receiver", receiver.port());
        final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try (receiver) {
            startBridge();
            while (System.nanoTime() - endNs < 0) {
                runRandomEvent();
                collectEnded();
                pause();
            }
            settle();
        } finally {
            services.forEach(NumberingService::close);
            bridge.close();
        }
    }

    private void runRandomEvent() throws IOException, InterruptedException {
        if (services.size() < MOST_SERVICES) {
            startService();
        }
        switch (random.nextInt(8)) {
            case 0 -> killService();
            case 1 -> killBridge();
            case 2 -> restartBridge();
            case 3 -> takeDown(random.nextBoolean());
            case 4, 5 -> slowDown();
            default -> failRequests();
        }
    }

    private void count(String event) {
        events.merge(event, 1, Integer::sum);
    }

    private void pause() {
        final long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(MOST_PAUSE_MS));
        while (System.nanoTime() - untilNs < 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private void startService() throws IOException {
        count("services started");
        final String name = "service-" + ++started;
        final long rate = 1 + random.nextInt(MOST_SPANS_PER_SECOND);
        services.add(NumberingService.of(folder, root, name, rate, 1 + random.nextInt(MOST_SPANS)));
    }

    private void killService() throws IOException, InterruptedException {
        count("services killed");
        final NumberingService service = services.remove(random.nextInt(services.size()));
        queued.put(service.name, service.kill());
    }

    private void collectEnded() throws IOException, InterruptedException {
        for (NumberingService service : List.copyOf(services)) {
            if (!service.isAlive()) {
                count("services ended");
                services.remove(service);
                queued.put(service.name, service.awaitEnd());
            }
        }
    }

    private void startBridge() throws IOException {
        bridge = ForkedMain.start(
                folder.resolve("bridge-" + ++bridges + ".log"), BridgeOfItsOwnMain.class, setup.arguments());
    }

    private void killBridge() throws IOException, InterruptedException {
        count("bridges killed");
        bridge.kill();
        startBridge();
    }

    private void restartBridge() throws IOException, InterruptedException {
        count("bridges restarted");
        bridge.terminate();
        startBridge();
    }

    private void takeDown(boolean hard) {
        count("receiver down");
        if (hard) {
            receiver.crash();
        } else {
            receiver.down();
        }
        pause();
        receiver.up();
    }

    private void slowDown() {
        count("receiver slow or well");
        receiver.slow(random.nextBoolean() ? 0 : random.nextInt(SLOWEST_MS));
    }

    private void failRequests() {
        count("answers to try again");
        final List<String> codes = RetryTableTest.RETRIED;
        receiver.next(Answer.retry(codes.get(random.nextInt(codes.size()))), 1 + random.nextInt(5));
    }

    /** Stops all services; the last bridge must ship everything that is left. */
    private void settle() throws IOException, InterruptedException {
        while (!services.isEmpty()) {
            killService();
        }
        bridge.terminate();
        receiver.slow(0);
        try (Bridge last = Bridge.start(setup.config())) {
            queued.forEach(receiver.book::awaitAll);
            Waiting.until("the directories of the dead to go", () -> list(root).isEmpty());
            final Shipper shipper = last.shippers().get(0);
            assertEquals(0, shipper.waiting());
            Ledgers.assertClosed(shipper);
        }
        assertEquals(List.of(), list(root.resolve(".bridge").resolve("quarantine")));
        final long all = queued.values().stream().mapToLong(Long::longValue).sum();
        assertTrue(receiver.book.distinct() >= all);
        // allow:console the results of a long run
        System.out.println("soak of " + SECONDS + " s, seed " + SEED + ": " + all + " spans queued, "
                + receiver.book.distinct() + " received, " + receiver.book.duplicates() + " more than once; " + events);
    }

    private static List<Path> list(Path directory) {
        try {
            return QueueRoot.list(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
