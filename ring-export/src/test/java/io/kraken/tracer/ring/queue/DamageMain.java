package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Program that reads queues damaged in many ways; its parent detects a crash or a hang. */
final class DamageMain {

    static final int DOCUMENTS = 120;

    private static final long PERIOD_MS = 20_000;
    private static final int USED_BYTES = 1 << 19;
    private static final int ATTEMPTS = 4 * DOCUMENTS;

    private final Random random;
    private final Path sound;
    private final Path damaged;
    private final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
    private long slowestNs;
    private int read;
    private int refused;
    private int forged;

    private DamageMain(Path folder, long seed) {
        random = new Random(seed);
        sound = folder.resolve("sound");
        damaged = folder.resolve("damaged");
    }

    public static void main(String[] args) throws IOException {
        final DamageMain main = new DamageMain(Path.of(args[0]), Long.parseLong(args[1]));
        final int cases = Integer.parseInt(args[2]);
        main.write();
        for (int i = 0; i < cases; i++) {
            main.one(i);
        }
        // allow:console output
        System.out.print("cases=" + cases + " read=" + main.read + " refused=" + main.refused + " forged=" + main.forged
                + " slowestMs=" + TimeUnit.NANOSECONDS.toMillis(main.slowestNs));
    }

    private void write() throws IOException {
        Files.createDirectory(sound);
        final AtomicLong clock = new AtomicLong(1_800_014_400_000L);
        try (QueueAppender appender = ChronicleStore.append(sound, 20, clock::get)) {
            for (int i = 1; i <= DOCUMENTS; i++) {
                Documents.append(appender, i);
                clock.addAndGet(i % (DOCUMENTS / 3) == 0 ? PERIOD_MS : 0);
            }
        }
    }

    private void one(int number) throws IOException {
        Files.createDirectory(damaged);
        final int[] cycles = CycleFiles.cycles(sound);
        final Path table = sound.resolve("metadata.cq4t");
        final Path victim = number % 8 == 7 ? table : CycleFiles.file(sound, cycles[random.nextInt(cycles.length)]);
        copy(table, victim.equals(table));
        for (int cycle : cycles) {
            copy(CycleFiles.file(sound, cycle), victim.equals(CycleFiles.file(sound, cycle)));
        }
        final long begun = System.nanoTime();
        readAll();
        slowestNs = Math.max(slowestNs, System.nanoTime() - begun);
        QueueRoot.delete(damaged);
    }

    private void copy(Path file, boolean damage) throws IOException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r");
                RandomAccessFile out =
                        new RandomAccessFile(damaged.resolve(file.getFileName()).toFile(), "rw")) {
            final byte[] bytes = new byte[(int) Math.min(in.length(), USED_BYTES)];
            in.readFully(bytes);
            long length = in.length();
            if (damage) {
                length = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : length;
                damage(bytes);
            }
            out.write(bytes);
            out.setLength(length);
        }
    }

    private void damage(byte[] bytes) {
        // Headers and the index are in the first pages, most documents after them.
        final int from = random.nextInt(random.nextBoolean() ? Math.min(1024, bytes.length) : bytes.length);
        final int length = Math.min(bytes.length - from, 1 + random.nextInt(1 << random.nextInt(16)));
        switch (random.nextInt(4)) {
            case 0 -> java.util.Arrays.fill(bytes, from, from + length, (byte) 0);
            case 1 -> java.util.Arrays.fill(bytes, from, from + length, (byte) 0xff);
            case 2 -> {
                for (int i = from; i < from + length; i++) {
                    bytes[i] = (byte) random.nextInt();
                }
            }
            default -> {
                for (int i = 0; i < 20; i++) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
                bytes[from] ^= (byte) (1 << random.nextInt(8));
            }
        }
    }

    /** Reads like the bridge: moves to the next cycle when one has no more documents. */
    private void readAll() {
        try (QueueTailer tailer = Queues.read(damaged)) {
            for (int i = 0; i < ATTEMPTS; i++) {
                if (!readOne(tailer) && !skip(tailer)) {
                    return;
                }
            }
        } catch (QueueException e) {
            refused++;
        }
    }

    private boolean readOne(QueueTailer tailer) {
        try {
            final int document = Documents.read(tailer, into);
            read += document > 0 ? 1 : 0;
            forged += document < 0 ? 1 : 0;
            return document != 0;
        } catch (QueueException e) {
            refused++;
            return false;
        }
    }

    private boolean skip(QueueTailer tailer) {
        try {
            return tailer.skipCycle();
        } catch (QueueException e) {
            refused++;
            return false;
        }
    }
}
