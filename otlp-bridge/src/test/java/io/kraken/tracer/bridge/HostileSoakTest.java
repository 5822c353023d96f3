package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Commands;
import io.kraken.tracer.bridge.GrpcSpanServer.Answer;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.queue.QueueRoot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A soak test with an application in a JVM of its own ({@link HostileMain}) that misuses its tracers in every known
 * way, while its collector fails, its /dev/shm is full, and a second such application is killed repeatedly. Phases
 * repeat in another order each round; after each round the tracers are closed. No exception may reach the application,
 * each ledger must balance, all shipped spans must be at the collector, and the resource usage of the JVM must stay
 * flat.
 *
 * <p>Phases are chosen by {@code -Dsoak.phases=surge,leaks}, and {@code -Dsoak.seed} repeats an order.
 */
class HostileSoakTest {

    /** The phases that the application runs itself ({@link HostilePhases}), and those that this test runs. */
    private static final List<String> PHASES = List.of(
            "surge",
            "exceptions",
            "leaks",
            "foreign",
            "threads",
            "overflow",
            "ledger",
            "redeploy",
            "collector",
            "shm",
            "kill");

    private static final int SECONDS = Integer.getInteger("soak.seconds", 300);
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final String CHOSEN = System.getProperty("soak.phases", "");

    private static final int SHORT_ROUNDS = 3;
    private static final int SHORT_PERCENT = 10;
    private static final int FULL_PERCENT = 100;
    /** Beside the span file of a dead process there is room for a smaller one only. */
    private static final int SHM_MEGABYTES = 28;

    private static final String BOTH = "open direct queue";
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(3);
    /** System.gc() is disabled, so that direct memory released only by the garbage collector is detected as a leak. */
    private static final List<String> FLAGS =
            List.of("-Xmx256m", "-XX:MaxDirectMemorySize=96m", "-XX:+DisableExplicitGC", "-XX:+UseSerialGC");

    private static final String FAST_START = "-XX:TieredStopAtLevel=1";

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);
    private final HttpSpanServer http = new HttpSpanServer();
    private final GrpcSpanServer grpc = new GrpcSpanServer();
    private final List<ForkedMain> processes = new ArrayList<>();
    private final List<HttpSpanServer.State> faults = new ArrayList<>();
    private Path queues;
    private Path shm;
    private boolean mounted;
    private boolean isUp = true;
    private int percent;
    private int victims;
    private long arrived;

    /** A process that executes commands. Each answer contains the number of its command. */
    private static final class Host {
        private final ForkedMain process;
        private int commands;

        Host(ForkedMain process) {
            this.process = process;
        }

        void send(String command) throws IOException {
            commands++;
            process.tell(command);
        }

        /** Waits for the answer to the last command. */
        String answer() throws IOException {
            final String begin = "answer " + commands + " ";
            final long deadlineNs = System.nanoTime() + PATIENCE_NS;
            String said = process.said();
            while (said.indexOf('\n', Math.max(0, said.indexOf(begin))) < 0 || !said.contains(begin)) {
                assertTrue(process.process.isAlive() && System.nanoTime() - deadlineNs < 0, said);
                LockSupport.parkNanos(1_000_000);
                said = process.said();
            }
            final int from = said.indexOf(begin) + begin.length();
            final String answer = said.substring(from, said.indexOf('\n', from));
            assertTrue(answer.startsWith("ok"), () -> "seed " + SEED + ": " + answer.replace('|', '\n'));
            return answer.substring("ok".length()).strip();
        }

        String ask(String command) throws IOException {
            send(command);
            return answer();
        }
    }

    @Test
    @Tag("slow")
    @Timeout(300)
    void doesNotHarmAHostileApplicationForSomeRounds() throws Exception {
        percent = SHORT_PERCENT;
        final int[] rounds = {0};
        run(() -> rounds[0]++ < SHORT_ROUNDS);
    }

    @Test
    @Tag("soak")
    @Timeout(value = 1, unit = TimeUnit.DAYS)
    void doesNotHarmAHostileApplicationInALongRun() throws Exception {
        percent = FULL_PERCENT;
        final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        run(() -> System.nanoTime() - endNs < 0);
    }

    private void run(BooleanSupplier goesOn) throws Exception {
        queues = folder.resolve("queues");
        mountShm();
        final BridgeSetup setup = new BridgeSetup(queues).grpc("receiver", grpc.port());
        int rounds = 0;
        try (Bridge bridge = Bridge.start(setup.config())) {
            final Host host = start("host");
            while (goesOn.getAsBoolean()) {
                round(host);
                rounds++;
            }
            final String report = host.ask("report");
            Waiting.until(
                    "the directories of the dead to go", () -> list(queues).isEmpty());
            Ledgers.assertClosed(bridge.shippers().get(0));
            // allow:console the results of a long run
            System.out.println("hostile application: " + rounds + " rounds of " + phases() + ", seed " + SEED + ", "
                    + arrived + " spans shipped and arrived" + (mounted ? "" : ", no tmpfs could be mounted") + "; "
                    + report);
        }
    }

    private List<String> phases() {
        final List<String> chosen = CHOSEN.isEmpty() ? PHASES : Arrays.asList(CHOSEN.split(","));
        assertTrue(PHASES.containsAll(chosen), () -> chosen + " are not all of " + PHASES);
        return chosen;
    }

    private Host start(String name) throws IOException {
        final List<String> arguments = List.of(
                name,
                shm.toString(),
                queues.toString(),
                "http://127.0.0.1:" + http.port(),
                Long.toString(random.nextLong()),
                Integer.toString(percent));
        final List<String> flags = new ArrayList<>(FLAGS);
        if (percent < FULL_PERCENT) {
            flags.add(FAST_START);
        }
        final ForkedMain process = ForkedMain.start(folder.resolve(name + ".log"), flags, HostileMain.class, arguments);
        processes.add(process);
        return new Host(process);
    }

    private void round(Host host) throws Exception {
        assertSpanFiles(host.ask(BOTH));
        final List<String> order = new ArrayList<>(phases());
        Collections.shuffle(order, random);
        for (String phase : order) {
            switch (phase) {
                case "collector" -> collector(host);
                case "shm" -> shm(host);
                case "kill" -> kill();
                case "redeploy" -> assertArrived(host.ask(phase));
                default -> host.ask(phase);
            }
        }
        if (random.nextBoolean()) {
            repair(); // else the tracers are closed while the collector fails
        }
        close(host);
        host.ask("rest");
    }

    /** Closes the tracers; all spans that they shipped must have arrived, whatever the collector's state was. */
    private void close(Host host) throws IOException {
        final String shipped = host.ask("close 2000");
        repair();
        assertArrived(shipped);
    }

    /** @param shipped services and numbers of spans, as counted by the tracers */
    private void assertArrived(String shipped) {
        for (String each : shipped.split(" ")) {
            final String service = each.substring(0, each.indexOf('='));
            final long spans = Long.parseLong(each.substring(each.indexOf('=') + 1));
            final SpanBook book = service.contains("-" + HostileMain.QUEUE + "-") ? grpc.book : http.book;
            awaitArrived(book, service, spans);
            book.forget(service);
        }
    }

    /** Waits while any spans arrive, because those of other services may arrive first. */
    private void awaitArrived(SpanBook book, String service, long spans) {
        arrived += spans;
        while (book.distinct(service) < spans) {
            final long before = book.distinct();
            Waiting.until(
                    "all " + spans + " spans of " + service + ", of which " + book.distinct(service) + " are here",
                    () -> book.distinct() > before || book.distinct(service) >= spans);
        }
    }

    private static void assertSpanFiles(String answer) {
        assertFalse(answer.contains("none"), () -> "there is room, and no span file: " + answer);
    }

    // --- phase "collector": one fault after the other; the last one persists during the following phases

    private void collector(Host host) throws IOException {
        if (faults.isEmpty()) {
            faults.addAll(List.of(HttpSpanServer.State.values()));
            Collections.shuffle(faults, random);
        }
        http.become(faults.remove(faults.size() - 1));
        switch (random.nextInt(4)) {
            case 0 -> takeDown();
            case 1 -> grpc.slow(100);
            case 2 -> grpc.next(Answer.retry("UNAVAILABLE"), 5);
            default -> grpc.slow(0);
        }
        host.ask("recordUnderFault");
    }

    private void takeDown() {
        if (isUp) {
            isUp = false;
            grpc.crash();
        }
    }

    private void repair() {
        http.become(HttpSpanServer.State.WELL);
        grpc.slow(0);
        if (!isUp) {
            isUp = true;
            grpc.up();
        }
    }

    // --- phase "shm": tracers start, record and close while their /dev/shm is full or shrinks

    private void shm(Host host) throws Exception {
        if (!mounted) {
            return;
        }
        final boolean beforeTheyStart = random.nextBoolean();
        close(host);
        if (!beforeTheyStart) {
            assertSpanFiles(host.ask(BOTH));
        }
        final Path others = shm.resolve("others");
        final boolean shrinks = random.nextBoolean();
        if (shrinks) {
            remount(used() / 1024 + 4);
        } else {
            fill(others);
        }
        if (beforeTheyStart) {
            host.ask(BOTH); // with memory that is not a file
        }
        host.ask("surge");
        close(host);
        if (shrinks) {
            remount(SHM_MEGABYTES << 10);
        } else {
            Files.delete(others);
        }
        assertSpanFiles(host.ask(BOTH));
    }

    private long used() throws IOException {
        return Files.getFileStore(shm).getTotalSpace() - Files.getFileStore(shm).getUsableSpace();
    }

    private void remount(long kilobytes) throws IOException, InterruptedException {
        assertTrue(Commands.succeeds("mount", "-o", "remount,size=" + kilobytes + "k", shm.toString()));
    }

    private static void fill(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (true) {
                channel.write(ByteBuffer.allocate(1 << 16));
            }
        } catch (IOException e) {
            assertTrue(Files.size(file) > 0, e::toString);
        }
    }

    private void mountShm() throws IOException, InterruptedException {
        shm = Files.createDirectory(folder.resolve("shm"));
        mounted = Commands.succeeds(
                "mount", "-t", "tmpfs", "-o", "size=" + SHM_MEGABYTES + "m,mode=700", "kraken", shm.toString());
    }

    // --- phase "kill": a second application is killed while it records, and restarted

    private void kill() throws IOException, InterruptedException {
        final String name = "victim-" + ++victims;
        final Host victim = start(name);
        final String opened = victim.ask("open " + HostileMain.QUEUE);
        assertSpanFiles(opened);
        final Path file = Path.of(opened);
        victim.send("surge");
        final long enough = 1 + random.nextInt(1000);
        Waiting.until("spans in the queue of " + name, () -> queued(file) >= enough);
        victim.process.kill();
        final long queued = queued(file);
        repair();
        awaitArrived(grpc.book, name + "-" + HostileMain.QUEUE + "-1", queued);
        grpc.book.forget(name + "-" + HostileMain.QUEUE + "-1");
    }

    private static long queued(Path file) {
        try {
            return SpanFileReader.open(file).ledger().count(Counter.QUEUED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> list(Path directory) {
        try {
            return QueueRoot.list(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterEach
    void end() throws InterruptedException {
        processes.forEach(ForkedMain::close);
        http.close();
        grpc.close();
        if (mounted) {
            assertTrue(
                    Commands.succeeds("umount", shm.toString()) || Commands.succeeds("umount", "-l", shm.toString()));
        }
    }
}
