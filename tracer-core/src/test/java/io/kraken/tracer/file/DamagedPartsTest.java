package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CapturingSink;
import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading a dead process's file: spans with parts, intact and damaged. */
class DamagedPartsTest {

    private static final SpanName LARGE = SpanName.of("parts.large");
    private static final SpanName SMALL = SpanName.of("parts.small");
    private static final Key.StringKey TEXT = Key.ofString("parts.text");
    private static final int LENGTH = 80 + 8 + 2_000; // of a large span: header, tag and length, text
    private static final int NEXT = 72;
    private static final int PART_NEXT = 16;

    @TempDir
    Path directory;

    private final CapturingSink sink = new CapturingSink();
    private Tracer tracer;
    private final List<Span> open = new ArrayList<>();
    /** The file as a crash would leave it. */
    private ByteBuffer file;

    private SpanFileLayout layout;

    @BeforeEach
    void startLargeAndSmallSpans() throws IOException {
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.FILE, directory.toString())
                .with(TracerConfig.RECORDS, 128)
                .with(TracerConfig.SHUTDOWN_HOOK, false);
        tracer = Tracer.create(config, sink);
        sink.taking(false);
        for (int i = 0; i < 2; i++) {
            open.add(tracer.startDetached(LARGE, SpanKind.CLIENT).set(TEXT, "x".repeat(2_000)));
            tracer.startDetached(SMALL, SpanKind.SERVER).end();
        }
        open.remove(0).end();
        layout = tracer.file().layout();
        final Path left = Left.copy(tracer.file().path(), directory.resolve("copy" + SpanFile.SUFFIX));
        file = ByteBuffer.wrap(Files.readAllBytes(left)).order(ByteOrder.LITTLE_ENDIAN);
    }

    @AfterEach
    void close() {
        open.forEach(Span::end);
        sink.taking(true);
        assertEquals(4, sink.accepted());
        tracer.close();
    }

    private SpanFileReader reader() {
        try {
            return SpanFileReader.open(Files.write(directory.resolve("copy" + SpanFile.SUFFIX), file.array()));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Lengths of the spans found, and the number of malformed ones: {@code "80 2088 malformed 0"}. */
    private String found(boolean ended) {
        final List<String> lengths = new ArrayList<>();
        final SpanFileReader reader = reader();
        final SpanFileReader.Records records = (number, record, length) -> {
            lengths.add(Integer.toString(length));
            final EntryCursor entries = new EntryCursor().wrap(record, RecordLayout.HEADER_LENGTH, length);
            while (entries.next()) {
                assertEquals(EntryLayout.STRING, entries.type());
            }
            assertEquals(false, entries.malformed());
        };
        final SpanFileReader.Found found = ended ? reader.ended(records) : reader.open(records);
        assertEquals(found.records(), lengths.size());
        lengths.sort(null);
        return String.join(" ", lengths) + " malformed " + found.malformed();
    }

    private int at(int record) {
        return layout.recordOffset(record);
    }

    /** The record of the large span that has ended, or of the open one. */
    private int large(int state) {
        for (int record = 0; record < 128; record++) {
            final long word = file.getLong(at(record));
            if (RecordLayout.state(word) == state && RecordLayout.isExtended(word)) {
                return record;
            }
        }
        throw new AssertionError("none");
    }

    private int part(int record, int number) {
        int part = file.getInt(at(record) + NEXT) - 1;
        for (int i = 1; i < number; i++) {
            part = file.getInt(at(part) + PART_NEXT) - 1;
        }
        return part;
    }

    private void assertOnlyTheEndedOneIsDamaged() {
        assertEquals("80 80 malformed 1", found(true));
        assertEquals(LENGTH + " malformed 0", found(false));
    }

    @Test
    void readsUndamagedSpans() {
        assertEquals(LENGTH + " 80 80 malformed 0", found(true));
        assertEquals(LENGTH + " malformed 0", found(false));
    }

    @Test
    void linksOutOfTheFileEndTheSpan() {
        for (int link : new int[] {0, -1, 129, 128 + 1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            final int at = at(part(large(RecordLayout.DONE), 3)) + PART_NEXT;
            final int before = file.getInt(at);
            file.putInt(at, link);
            assertOnlyTheEndedOneIsDamaged();
            file.putInt(at, before);
            final int first = at(large(RecordLayout.DONE)) + NEXT;
            final int wasFirst = file.getInt(first);
            file.putInt(first, link);
            assertOnlyTheEndedOneIsDamaged();
            file.putInt(first, wasFirst);
        }
        readsUndamagedSpans();
    }

    @Test
    void linksInACircleEndTheSpan() {
        final int record = large(RecordLayout.DONE);
        for (int to : new int[] {record, part(record, 1), part(record, 2), part(record, 3)}) {
            final int at = at(part(record, 3)) + PART_NEXT;
            final int before = file.getInt(at);
            file.putInt(at, to + 1);
            assertOnlyTheEndedOneIsDamaged();
            file.putInt(at, before);
        }
    }

    @Test
    void linksToOtherSpansEndTheSpan() {
        final int record = large(RecordLayout.DONE);
        final int other = large(RecordLayout.OPEN);
        for (int to : new int[] {other, part(other, 1), part(other, 4), 1}) {
            final int at = at(part(record, 3)) + PART_NEXT;
            final int before = file.getInt(at);
            file.putInt(at, to + 1);
            assertOnlyTheEndedOneIsDamaged();
            file.putInt(at, before);
        }
    }

    @Test
    void rejectsPartOfAnEarlierUse() {
        final int part = at(part(large(RecordLayout.DONE), 5));
        file.putInt(part + 20, file.getInt(part + 20) - 1);
        assertOnlyTheEndedOneIsDamaged();
    }

    @Test
    void rejectsPartWithWrongNumber() {
        for (int number : new int[] {0, -1, 4, 6, Integer.MAX_VALUE}) {
            final int part = at(part(large(RecordLayout.DONE), 5));
            file.putInt(part + 12, number);
            assertOnlyTheEndedOneIsDamaged();
        }
    }

    @Test
    void rejectsRecordOfAnotherState() {
        final int part = at(part(large(RecordLayout.DONE), 5));
        for (int state : new int[] {RecordLayout.FREE, RecordLayout.PASSED, 6, 7}) {
            file.putLong(part, file.getLong(part) & -8 | state);
            assertOnlyTheEndedOneIsDamaged();
        }
    }

    @Test
    void impossibleLengthsAreMalformed() {
        final int record = large(RecordLayout.DONE);
        for (int length : new int[] {1, 79, LENGTH + 400, 16_385, 0xFFFF}) {
            file.putShort(at(record) + 62, (short) length);
            assertOnlyTheEndedOneIsDamaged();
        }
        file.putShort(at(record) + 62, (short) 0); // as in a long copy, whose length is in another word
        file.putInt(at(record) + NEXT, Integer.MAX_VALUE);
        assertOnlyTheEndedOneIsDamaged();
    }

    @Test
    void readsSpanOfProcessThatDiedWhileRewriting() {
        final int at = at(large(RecordLayout.OPEN)) + 76;
        file.putInt(at, file.getInt(at) | 1);
        assertEquals(LENGTH + " malformed 0", found(false));
    }

    /** For random bytes in records and chunk words the reader terminates, and stays inside the file. */
    @Test
    void randomDamageIsContained() {
        final Random random = new Random(20261130);
        final byte[] whole = file.array().clone();
        final int from = layout.takenOffset(0);
        final int to = at(127) + 256;
        for (int round = 0; round < 300; round++) {
            for (int damage = 1 << random.nextInt(10); damage > 0; damage--) {
                final int at = from + random.nextInt(to - from - 8);
                switch (random.nextInt(3)) {
                    case 0 -> file.put(at, (byte) random.nextInt());
                    case 1 -> file.putInt(at & -4, random.nextInt(140));
                    default -> file.putLong(at & -8, 1L << random.nextInt(64) | random.nextInt(16));
                }
            }
            final SpanFileReader reader = reader();
            final SpanFileReader.Records records = (number, record, length) -> {
                assertTrue(length >= 80 && length <= 64 * 256 && number >= 0 && number < 128);
            };
            final long records1 =
                    reader.ended(records).records() + reader.open(records).records();
            assertTrue(records1 <= 2 * 128);
            reader.ledger();
            reader.recordsInUse();
            System.arraycopy(whole, 0, file.array(), 0, whole.length);
        }
        readsUndamagedSpans();
    }
}
