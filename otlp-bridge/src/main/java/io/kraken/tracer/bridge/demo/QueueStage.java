package io.kraken.tracer.bridge.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A stage as in production: each service in a process of its own with a queue, a bridge that ships the queues, and a
 * receiver that is killed during the load and restarted a little later.
 */
final class QueueStage implements Stage {

    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(90);
    private static final long LONGEST_OUTAGE_MILLIS = 3000;

    private final PrintStream out;
    private final Path folder = Files.createTempDirectory("kraken-demo-");
    private final ReceiverProcess receiver;
    private final BridgeProcess bridge;
    private final Cluster cluster;
    private Thread outage;
    private volatile boolean isOutageWell = true;

    /** @param endpoint an external collector, which is not killed; empty: the demo's receiver */
    QueueStage(String endpoint, PrintStream out) throws IOException {
        this.out = out;
        final Path queues = Files.createDirectory(folder.resolve("queues"));
        ReceiverProcess started = null;
        BridgeProcess shipping = null;
        try {
            started = endpoint.isEmpty() ? new ReceiverProcess(folder) : null;
            shipping = new BridgeProcess(queues, started == null ? endpoint : started.endpoint());
            cluster = new ProcessCluster(folder, queues);
        } catch (IOException | RuntimeException e) {
            if (shipping != null) {
                shipping.close();
            }
            if (started != null) {
                started.close();
            }
            delete();
            throw e;
        }
        receiver = started;
        bridge = shipping;
    }

    @Override
    public List<String> describe() {
        return List.of("each service in a process of its own, with a queue; a bridge process ships the queues"
                + (receiver == null ? "" : "; a receiver process receives the spans"));
    }

    @Override
    public Cluster cluster() {
        return cluster;
    }

    @Override
    public LongSupplier received() {
        return () -> -1;
    }

    @Override
    public void disturb(int seconds) {
        if (receiver == null) {
            return;
        }
        final long begin = TimeUnit.SECONDS.toMillis(seconds) * 2 / 5;
        final long length = Math.min(LONGEST_OUTAGE_MILLIS, TimeUnit.SECONDS.toMillis(seconds) / 2);
        outage = new Thread(() -> interruptReceiver(begin, length), "kraken-demo-outage");
        outage.setDaemon(true);
        outage.start();
    }

    private void interruptReceiver(long beginMillis, long millis) {
        pause(beginMillis);
        receiver.kill();
        out.println("        the receiver is killed");
        pause(millis);
        try {
            receiver.start();
            out.printf(Locale.ROOT, "        the receiver is restarted after %.1f s%n", millis / 1e3);
        } catch (IOException e) {
            isOutageWell = false;
            out.println("        the receiver cannot be restarted: " + e.getMessage());
        }
    }

    private static void pause(long millis) {
        final long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() - endNs < 0) {
            LockSupport.parkNanos(endNs - System.nanoTime());
        }
    }

    @Override
    public Ending end() throws IOException {
        awaitOutage();
        final List<String> notes = new ArrayList<>();
        final boolean isEmpty = bridge.awaitEmptyQueues(TIMEOUT_NS);
        notes.add(isEmpty ? "all queues are shipped and deleted" : "some queues were NOT shipped in time");
        notes.addAll(bridge.ledger());
        final int exit = bridge.terminate();
        notes.add("the bridge exited with code " + exit);
        if (receiver == null) {
            return new Ending(null, isEmpty && exit == 0, notes);
        }
        receiver.close();
        return new Ending(receiver.received(), isEmpty && exit == 0 && isOutageWell, notes);
    }

    private void awaitOutage() {
        try {
            if (outage != null) {
                outage.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        bridge.close();
        if (receiver != null) {
            receiver.close();
        }
        delete();
    }

    private void delete() throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException problem) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
