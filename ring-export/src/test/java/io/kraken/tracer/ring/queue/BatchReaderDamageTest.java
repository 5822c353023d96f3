package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.RandomDocuments;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.view.SpanDecoder;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests of bytes that are not a document or have been changed: the reader gives a reason, and never a record or an
 * exception.
 */
class BatchReaderDamageTest {

    private static final int CASES = 4000;
    private static final int[] EXTREMES = {
        0, 1, -1, 7, 8, 64, 65, 96, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 20, 0xFF_FFFF, -8, Integer.MAX_VALUE - 7
    };

    private final List<byte[]> documents = RandomDocuments.of(42, 40);
    private final BatchReader reader = new BatchReader();
    private final DocumentEncoder encoder = new DocumentEncoder();
    private final ByteBuffer out = encoder.newBuffer(8 << 20);
    private final Set<BatchReader.Refusal> refusals = EnumSet.noneOf(BatchReader.Refusal.class);
    private int sound;

    /** A buffer without memory before and after the bytes, so that reading outside fails. */
    private static ByteBuffer exact(byte[] bytes) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.put(0, bytes);
    }

    private static void damage(byte[] bytes, SplittableRandom random, int from) {
        final ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final int at = random.nextInt(from, bytes.length);
        switch (random.nextInt(5)) {
            case 0:
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                break;
            case 1:
                Arrays.fill(bytes, at, Math.min(bytes.length, at + random.nextInt(1, 200)), (byte) 0);
                break;
            case 2:
                for (int i = at; i < Math.min(bytes.length, at + random.nextInt(1, 60)); i++) {
                    bytes[i] = (byte) random.nextInt();
                }
                break;
            case 3:
                final int word = Math.max(from, at & -Integer.BYTES);
                if (bytes.length - word >= Integer.BYTES) {
                    words.putInt(word, EXTREMES[random.nextInt(EXTREMES.length)]);
                }
                break;
            default:
                if (bytes.length - at >= Integer.BYTES) {
                    words.putInt(at, words.getInt(at) + random.nextInt(-9, 10));
                }
        }
    }

    private void refused(ByteBuffer buffer, int offset, int length) {
        assertFalse(reader.wrap(buffer, offset, length));
        refusals.add(reader.refusal());
        assertEquals(0, reader.count());
        assertEquals(0, reader.symbols());
        assertEquals(0, reader.soundRecords());
        encoder.begin(out);
        assertEquals(0, encoder.add(reader, -1L));
        assertEquals(0, encoder.finish());
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void rejectsDamagedBytes(long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < CASES; i++) {
            final byte[] original = documents.get(random.nextInt(documents.size()));
            final byte[] bytes = random.nextInt(4) == 0
                    ? Arrays.copyOf(original, random.nextInt(original.length)) // truncated
                    : original.clone();
            if (bytes.length == original.length) {
                for (int n = random.nextInt(1, 4); n > 0; n--) {
                    damage(bytes, random, 0);
                }
            }
            if (!Arrays.equals(original, bytes)) {
                refused(exact(bytes), 0, bytes.length);
            }
        }
        refusals.add(BatchReader.Refusal.STRUCTURE); // tested separately
        assertEquals(EnumSet.allOf(BatchReader.Refusal.class), refusals);
    }

    @Test
    void rejectsZeroBytes() {
        final SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < CASES; i++) {
            final byte[] bytes = new byte[random.nextInt(2000)];
            if (random.nextBoolean()) {
                random.nextBytes(bytes);
            }
            refused(exact(bytes), 0, bytes.length);
        }
    }

    @Test
    void rejectsOffsetsOutsideTheBuffer() {
        final byte[] bytes = documents.get(0);
        final ByteBuffer buffer = exact(bytes);
        assertTrue(reader.wrap(buffer, 0, bytes.length));
        for (int[] place : new int[][] {
            {-1, bytes.length},
            {1, bytes.length},
            {0, bytes.length + 1},
            {0, -1},
            {Integer.MAX_VALUE, bytes.length},
            {bytes.length, 0},
            {Integer.MIN_VALUE, Integer.MAX_VALUE},
            {0, Integer.MIN_VALUE}
        }) {
            refused(buffer, place[0], place[1]);
            assertEquals(BatchReader.Refusal.TOO_SHORT, reader.refusal());
        }
        buffer.limit(bytes.length - 1);
        refused(buffer, 0, bytes.length);
        buffer.limit(bytes.length).position(5);
        assertTrue(reader.wrap(buffer, 0, bytes.length));
        assertNull(reader.refusal());
        assertEquals(5, buffer.position(), "the buffer's position is unchanged");
        assertEquals(bytes.length, buffer.limit());
    }

    @Test
    void ignoresBytesAfterTheDocument() {
        final byte[] bytes = documents.get(0);
        final ByteBuffer buffer = ByteBuffer.allocate(bytes.length + 100); // on the heap, with the other byte order
        buffer.put(100, bytes);
        assertTrue(reader.wrap(buffer, 100, bytes.length));
        buffer.put(50, bytes);
        assertTrue(reader.wrap(buffer, 50, bytes.length + 50));
        assertEquals(bytes.length, reader.length());
        assertTrue(reader.count() > 0);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13, 14})
    void survivesDamageUnderValidChecksum(long seed) throws Exception {
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < CASES; i++) {
            final byte[] bytes = documents.get(random.nextInt(documents.size())).clone();
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                final boolean header = random.nextInt(3) == 0;
                if (!header) {
                    damage(bytes, random, BatchLayout.CHECKED_OFFSET);
                } else {
                    final int at = BatchLayout.CHECKED_OFFSET
                            + random.nextInt((BatchLayout.HEADER_LENGTH - BatchLayout.CHECKED_OFFSET) / Integer.BYTES)
                                    * Integer.BYTES;
                    ByteBuffer.wrap(bytes)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(at, EXTREMES[random.nextInt(EXTREMES.length)]);
                }
            }
            sign(bytes);
            if (reader.wrap(exact(bytes), 0, bytes.length)) {
                sound++;
                useAll(bytes.length);
            } else {
                refusals.add(reader.refusal());
                assertEquals(0, reader.count());
            }
        }
        assertEquals(EnumSet.of(BatchReader.Refusal.STRUCTURE), refusals);
        assertTrue(sound > 100, "some damage must leave the structure valid: " + sound);
    }

    private static void sign(byte[] bytes) {
        final CRC32C checksum = new CRC32C();
        checksum.update(bytes, BatchLayout.CHECKED_OFFSET, bytes.length - BatchLayout.CHECKED_OFFSET);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(BatchLayout.CHECKSUM_OFFSET, (int)
                checksum.getValue());
    }

    /** Calls every accessor, and checks that an independent decoder can read what is encoded. */
    private void useAll(int length) throws Exception {
        final ByteBuffer bytes = reader.buffer();
        for (int record = 0; record < reader.count(); record++) {
            final int at = reader.offset(record);
            final int end = reader.endOffset(record);
            assertTrue(at >= BatchLayout.HEADER_LENGTH && end - at >= RecordLayout.HEADER_LENGTH && end <= length);
            final EntryCursor cursor = new EntryCursor().wrap(bytes, at + RecordLayout.HEADER_LENGTH, end);
            while (cursor.next()) {
                assertTrue(cursor.endOffset() <= end);
            }
            assertTrue(!cursor.malformed() || (reader.soundRecords() & 1L << record) == 0);
        }
        for (int id = 1; id <= reader.symbols(); id++) {
            assertTrue(reader.symbolOffset(id) + reader.symbolLength(id) <= length);
            assertEquals(reader.symbolLength(id), reader.symbol(id).length);
        }
        for (int record = 0; record < reader.count(); record++) {
            assertTrue(reader.place(record) >= 0 && reader.generation(record) > 0);
        }
        assertTrue(reader.earlier() >= 0 && reader.leftOut() >= 0);
        assertTrue(reader.resource().size() <= length);
        final int spans = encoder.encode(reader, -1L, out);
        assertEquals(reader.count(), spans + Long.bitCount(encoder.malformed() | encoder.tooLarge()));
        assertEquals(
                reader.count() - Long.bitCount(encoder.malformed()),
                SpanDecoder.decode(reader).size());
        final long unsound = maskOf(reader.count()) & ~reader.soundRecords();
        assertEquals(
                unsound, encoder.malformed() & unsound, "records that the reader considers malformed are not encoded");
        if (spans > 0) {
            final ExportTraceServiceRequest request = ExportTraceServiceRequest.parseFrom(ByteString.copyFrom(out));
            assertEquals(spans, request.getResourceSpans(0).getScopeSpans(0).getSpansCount());
        }
    }

    private static long maskOf(int count) {
        return count == 0 ? 0 : -1L >>> Long.SIZE - count;
    }
}
