package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.inspect.SpanFileCheck;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.FileSpans;
import io.kraken.tracer.ring.view.SpanData;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading of damaged span files: as far as possible, or refused, without any other failure. */
class DamagedSpanFileTest {

    private static final int CASES = 2500;

    private static final int ADDED = 10;
    /** The number of damaged bytes in a section. */
    private static final int LOOKED_AT = 3000;

    // As documented in SpanFileLayout.
    private static final int RECORD_LENGTH = 56;
    private static final int CHUNKS = 60;
    private static final int RESOURCE = 80;
    private static final int COUNTERS = 88;
    private static final int ANCHORS = 92;
    private static final int SYMBOLS = 96;
    private static final int CHUNK_WORDS = 100;
    private static final int RECORDS = 104;
    private static final int CYCLES = 216;
    private static final int CHUNK_WORDS_LENGTH = 128;
    private static final int COUNTER_LENGTH = 8 * 64;

    @TempDir
    Path folder;

    private int refused;
    private long spans;
    private long malformed;

    @Test
    void survivesAnyDamageOfASpanFile() throws IOException, InterruptedException {
        KilledServiceMain.run(folder);
        final Path file = DataPaths.spanFilesIn(RecordingService.files(folder)).get(0);
        addSpans(file);
        final byte[] sound = Files.readAllBytes(file);
        final int[] sections = sections(ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN));
        final Random random = new Random(42);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 0; i < CASES; i++) {
                final int from = sections[random.nextInt(sections.length)] + random.nextInt(LOOKED_AT);
                final int length = 1 + random.nextInt(1 << random.nextInt(11));
                access.seek(from);
                access.write(damage(sound, from, length, random));
                if (random.nextInt(100) == 0) {
                    access.setLength(random.nextInt(sound.length));
                }
                look(file);
                access.seek(from);
                access.write(sound, from, length);
                if (access.length() != sound.length) {
                    access.setLength(0);
                    access.write(sound);
                }
            }
        }
        assertTrue(refused > CASES / 100 && refused < CASES / 2, "refused " + refused);
        assertTrue(spans > CASES && malformed > CASES / 100, spans + " spans, " + malformed + " malformed");
        CommandLine.run("verify", file).assertExit(0).assertSays("10 ended and 12 open spans");
    }

    /** Picks an offset to damage: in the header or a section, mostly in records. */
    private static int[] sections(ByteBuffer file) {
        return new int[] {
            0,
            file.getInt(RESOURCE),
            file.getInt(COUNTERS),
            file.getInt(ANCHORS),
            file.getInt(SYMBOLS),
            file.getInt(CHUNK_WORDS),
            file.getInt(RECORDS),
            file.getInt(RECORDS) + LOOKED_AT
        };
    }

    /** Adds spans to the file: open ones like the existing one, and ended ones that were not exported. */
    private static void addSpans(Path file) throws IOException {
        final byte[] bytes = Files.readAllBytes(file);
        final ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final int records = all.getInt(RECORDS);
        final int recordLength = all.getInt(RECORD_LENGTH);
        int open = records;
        while (state(all, open) != RecordLayout.OPEN) {
            open += recordLength;
        }
        int added = 0;
        for (int at = records; added < ADDED; at += recordLength) {
            if (state(all, at) == RecordLayout.FREE) {
                all.put(at, bytes, open, recordLength);
                all.putLong(at + RecordLayout.SPAN_ID_OFFSET, 1000L + added++);
            }
        }
        for (int chunk = 0; chunk < all.getInt(CHUNKS); chunk++) {
            all.putLong(all.getInt(CHUNK_WORDS) + chunk * CHUNK_WORDS_LENGTH, 0);
        }
        all.putLong(all.getInt(COUNTERS) + Counter.TAKEN.ordinal() * COUNTER_LENGTH, 0);
        all.putLong(CYCLES, all.getLong(CYCLES) & ~1); // each read of the ledger would wait for the end of a cycle
        Files.write(file, bytes);
    }

    private static int state(ByteBuffer file, int at) {
        return RecordLayout.state(RecordLayout.commitWord(file, at));
    }

    private static byte[] damage(byte[] sound, int from, int length, Random random) {
        final byte[] damaged = Arrays.copyOfRange(sound, from, from + length);
        switch (random.nextInt(4)) {
            case 0 -> Arrays.fill(damaged, (byte) 0);
            case 1 -> Arrays.fill(damaged, (byte) 0xff);
            case 2 -> random.nextBytes(damaged);
            default -> damaged[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
        }
        return damaged;
    }

    private void look(Path file) {
        try {
            final SpanFileReader reader = SpanFileReader.open(file);
            final FileSpans.Found found = FileSpans.read(reader, FileSpans.Traces.ALL, this::look);
            spans += found.ended() + found.open();
            malformed += found.malformed();
            StatTable.Sample.of(reader, 1);
        } catch (IOException e) {
            refused++;
            assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        }
        if (refused % 8 == 0) {
            SpanFileCheck.of(file);
        }
    }

    private void look(SpanData span) {
        final StringBuilder text = new StringBuilder();
        SpanText.append(text, span);
        assertTrue(text.indexOf(span.traceId()) > 0);
    }
}
