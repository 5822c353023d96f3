package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.queues.LaidOutQueue;
import io.kraken.tracer.bridge.queues.QueueFiles;
import io.kraken.tracer.bridge.queues.ReadCount;
import io.kraken.tracer.bridge.queues.SpanDocuments;
import io.kraken.tracer.bridge.ship.PositionFiles;
import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The main class that ships queues with many kinds of damage; the parent process detects a crash or a hang. */
final class BridgeDamageMain {

    static final String FOLDER = "damage.folder";
    static final String SEED = "damage.seed";
    static final String CASES = "damage.cases";

    private static final int CYCLES = 3;
    private static final int DOCUMENTS = 10;
    /** The position in the template: spans of documents before this one are acknowledged. */
    private static final int ACKNOWLEDGED = 14;

    private static final int PATIENCE_SECONDS = 120;

    private final long seed;
    private final Path template;
    private final Path scratch;
    private final SpanDocuments documents;
    private final SpanDocuments others;
    private final Path victim;
    private final Path other;
    private final Path position;

    private long shipped;
    private long lost;
    private long quarantined;

    private BridgeDamageMain(Path folder, long seed) throws IOException {
        this.seed = seed;
        template = Files.createDirectory(folder.resolve("template"));
        scratch = Files.createDirectory(folder.resolve("scratch"));
        documents = new SpanDocuments(scratch, "victim", CYCLES * DOCUMENTS);
        others = new SpanDocuments(scratch, "other", CYCLES * DOCUMENTS);
        victim = lay(documents);
        other = lay(others);
        position = template.resolve("position");
        writePosition();
    }

    private Path lay(SpanDocuments from) throws IOException {
        final LaidOutQueue laid = new LaidOutQueue(template, from);
        for (int i = 0; i < CYCLES; i++) {
            laid.append(DOCUMENTS).nextCycle();
        }
        return laid.dead();
    }

    private void writePosition() throws IOException {
        final int inCycle = ACKNOWLEDGED % DOCUMENTS - 1;
        final int cycle = LaidOutQueue.cycle(ACKNOWLEDGED / DOCUMENTS);
        PositionFiles.write(position, CycleFiles.firstIndex(cycle) + inCycle, ACKNOWLEDGED);
    }

    public static void main(String[] args) throws IOException {
        final BridgeDamageMain main = new BridgeDamageMain(Path.of(System.getProperty(FOLDER)), Long.getLong(SEED));
        final int cases = Integer.getInteger(CASES);
        for (int i = 0; i < cases; i++) {
            try {
                main.one(i, new Random(main.seed * 1_000_003 + i));
            } catch (Throwable e) {
                throw new AssertionError("seed " + main.seed + ", case " + i, e);
            }
        }
        // allow:console output
        System.out.print(
                "cases=" + cases + " shipped=" + main.shipped + " lost=" + main.lost + " aside=" + main.quarantined);
    }

    // --- one case

    private void one(int number, Random random) throws IOException {
        final Path root = Files.createDirectory(scratch.resolve("root-" + number));
        final boolean hasPosition = random.nextInt(4) == 0;
        final List<String> names = new ArrayList<>(List.of("descriptor", "lock", QueueFiles.METADATA));
        for (int i = 0; i < CYCLES; i++) {
            final String name =
                    CycleFiles.file(victim, LaidOutQueue.cycle(i)).getFileName().toString();
            names.addAll(List.of(name, name, name));
        }
        if (hasPosition) {
            names.add(position.getFileName().toString());
        }
        final String name = names.get(random.nextInt(names.size()));
        copyAll(other, root);
        copyAll(victim, root);
        final Path positions = Files.createDirectories(
                root.resolve(".bridge").resolve("positions").resolve("scripted"));
        if (hasPosition) {
            Files.copy(position, positions.resolve(victim.getFileName()));
        }
        final boolean isPosition = name.equals(position.getFileName().toString());
        final Path file = isPosition
                ? positions.resolve(victim.getFileName())
                : root.resolve(victim.getFileName()).resolve(name);
        final byte[] sound = QueueFiles.used(file);
        final Damage damage = Damage.of(sound, busy(sound), random);
        write(file, damage, random);
        final boolean isBehind = hasPosition && !(isPosition && isLost(file));
        ship(root, new Expected(name, sound, damage, isBehind));
        deleteAll(root);
    }

    private static boolean isLost(Path position) throws IOException {
        return !PositionFiles.isPresent(position);
    }

    /** The used length of a file; only zeros follow. */
    private static int busy(byte[] sound) {
        final List<Integer> documents = QueueFiles.documents(sound);
        return documents.isEmpty() ? sound.length : QueueFiles.end(sound, documents.get(documents.size() - 1));
    }

    private static void copyAll(Path queue, Path root) throws IOException {
        final Path copy = Files.createDirectory(root.resolve(queue.getFileName()));
        try (var files = Files.newDirectoryStream(queue)) {
            for (Path file : files) {
                try (RandomAccessFile out =
                        new RandomAccessFile(copy.resolve(file.getFileName()).toFile(), "rw")) {
                    // Copies only the used part, for speed: the rest is zeros.
                    out.write(QueueFiles.used(file));
                }
            }
        }
    }

    private static void write(Path file, Damage damage, Random random) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            final long length = out.length();
            out.write(damage.bytes);
            if (damage.cut) {
                out.setLength(damage.bytes.length);
                out.setLength(random.nextBoolean() ? length : damage.bytes.length);
            }
        }
    }

    private record Expected(String name, byte[] sound, Damage damage, boolean isBehind) {}

    private void ship(Path root, Expected expected) throws IOException {
        try (BridgeRig rig = new BridgeRig(root)) {
            rig.untilIdle();
            final List<HostQueue> queues = rig.queues.list();
            rig.untilEmpty(root, PATIENCE_SECONDS);
            rig.later(1, TimeUnit.SECONDS);
            BridgeRig.assertLedgerClosed(rig.shipper);
            assertEquals(0, rig.shipper.waiting());
            final List<Long> taken = rig.destination.taken("other");
            assertEquals(others.numbers(0, CYCLES * DOCUMENTS), taken);
            assertTaken(rig, queues, expected);
        }
    }

    private void assertTaken(BridgeRig rig, List<HostQueue> queues, Expected expected) {
        final List<Long> taken = rig.destination.taken("victim");
        final Set<Long> distinct = new HashSet<>(taken);
        assertEquals(distinct.size(), taken.size(), "no span is shipped twice");
        final List<Long> wanted = wanted(expected);
        final List<Long> missing = new ArrayList<>(wanted);
        missing.removeAll(distinct);
        assertEquals(List.of(), missing, () -> "of " + expected.name + ", damaged from " + expected.damage.first);
        final int all = documents
                .numbers(expected.isBehind ? ACKNOWLEDGED : 0, CYCLES * DOCUMENTS)
                .size();
        if (taken.size() < all && !isLast(expected.name)) {
            assertTrue(
                    isNamed(queues) || rig.janitor.quarantined() > 0,
                    () -> "missing spans were neither counted nor logged");
        }
        shipped += taken.size();
        lost += Math.max(0, all - taken.size());
        quarantined += rig.janitor.quarantined();
    }

    private boolean isLast(String name) {
        return name.equals(CycleFiles.file(victim, LaidOutQueue.cycle(CYCLES - 1))
                .getFileName()
                .toString());
    }

    private static boolean isNamed(List<HostQueue> queues) {
        long named = 0;
        for (HostQueue queue : queues) {
            named += queue.counts().get(ReadCount.SKIPPED_CYCLES);
            named += queue.counts().get(ReadCount.REFUSED_DOCUMENTS);
            named += queue.counts().get(ReadCount.MISSING_DOCUMENTS);
            named += queue.counts().get(ReadCount.FAILURES);
        }
        return named > 0;
    }

    /** The numbers of spans in front of the damage and in later files. */
    private List<Long> wanted(Expected expected) {
        final List<Long> wanted = new ArrayList<>();
        final int from = expected.isBehind ? ACKNOWLEDGED : 0;
        for (int i = from; i < CYCLES * DOCUMENTS; i++) {
            final String file = CycleFiles.file(victim, LaidOutQueue.cycle(i / DOCUMENTS))
                    .getFileName()
                    .toString();
            if (!file.equals(expected.name) || isInFront(expected, i % DOCUMENTS)) {
                wanted.addAll(documents.all.get(i).numbers());
            }
        }
        return wanted;
    }

    private static boolean isInFront(Expected expected, int document) {
        final int begin = QueueFiles.documents(expected.sound).get(document);
        return QueueFiles.end(expected.sound, begin) <= expected.damage.first;
    }

    private static void deleteAll(Path directory) throws IOException {
        try (var entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry)) {
                    deleteAll(entry);
                } else {
                    Files.delete(entry);
                }
            }
        }
        Files.delete(directory);
    }
}
