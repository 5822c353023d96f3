package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.BatchWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the information in documents by which a reader detects missing and duplicate records. */
class DocumentPlacesTest {

    private final SweepRig rig = new SweepRig(8);
    private final Batch batch = new Batch(rig.file, rig.stackTraces(0), 4096, 1 << 20);
    private final BatchWriter writer =
            new BatchWriter(rig.file, Harness.config().conclude().resource());
    private final BatchReader reader = new BatchReader();
    private final ByteBuffer out = BatchWriter.newBuffer();
    private final Map<Integer, Long> generations = new HashMap<>();
    private long earlier;
    private long number;
    private int arrived;

    @BeforeEach
    void hold() {
        rig.room = Integer.MAX_VALUE;
    }

    private void sweep() {
        rig.sweep();
        for (int record : rig.done) {
            assertEquals(ChunkSweep.Outcome.HELD, batch.append(record));
        }
    }

    private int write(int from, ByteBuffer to) {
        final int taken = writer.write(batch, from, to);
        assertTrue(to.remaining() <= BatchLayout.MAX_LENGTH && to.limit() <= to.capacity());
        assertTrue(reader.wrap(to, 0, to.remaining()), () -> "refused: " + reader.refusal());
        assertEquals(++number, reader.number());
        assertEquals(earlier, reader.earlier());
        earlier += taken;
        assertEquals(taken, reader.count() + reader.leftOut());
        for (int record = 0; record < reader.count(); record++) {
            final Long before = generations.put(reader.place(record), reader.generation(record));
            assertTrue(before == null || before < reader.generation(record), "record " + reader.place(record));
            assertEquals(rig.uses(reader.place(record)), reader.generation(record));
        }
        arrived += reader.count();
        return taken;
    }

    private void writeAll(ByteBuffer to) {
        for (int from = 0; from < batch.count(); ) {
            from += write(from, to);
        }
        batch.clear();
        rig.release();
    }

    @Test
    void placeAndGenerationAreUnique() {
        final SplittableRandom random = new SplittableRandom(1);
        int spans = 0;
        for (int round = 0; round < 400; round++) {
            final int count = random.nextInt(1, 20);
            rig.spans(count).detached(count);
            rig.tracer
                    .start(SweepRig.WORK)
                    .set("text", "x".repeat(random.nextInt(2000)))
                    .end();
            spans += 2 * count + 1;
            sweep();
            if (random.nextInt(4) == 0) {
                writeAll(out);
            }
        }
        writeAll(out);
        assertEquals(spans - rig.count(Counter.RECORDS_FULL), arrived);
        assertTrue(generations.values().stream().anyMatch(generation -> generation > 10), "records were reused");
    }

    @Test
    void documentHasAtMostAsManyRecordsAsBitsOfALong() {
        rig.spans(200);
        sweep();
        assertEquals(64, write(0, out));
        assertEquals(-1L, reader.soundRecords());
        assertEquals(64, write(64, out));
        assertEquals(64, write(128, out));
        assertEquals(8, write(192, out));
        assertEquals(0xFF, reader.soundRecords());
    }

    @Test
    void countsRecordsLargerThanADocument() {
        for (int i = 0; i < 10; i++) {
            rig.tracer
                    .start(SweepRig.WORK)
                    .set("text", "x".repeat(i == 4 ? 4000 : 600))
                    .end();
        }
        sweep();
        writeAll(ByteBuffer.allocateDirect(3072).order(ByteOrder.LITTLE_ENDIAN));
        assertEquals(9, arrived);
        assertEquals(10, earlier);
        assertTrue(number > 2);
        assertEquals(1, rig.count(Counter.TOO_LARGE));
    }

    @Test
    void emptyDocumentAccountsForOmittedRecords() {
        rig.spans(3);
        sweep();
        for (int record = 0; record < 3; record++) {
            batch.buffer(record).put(batch.offset(record) + RecordLayout.KIND_AND_STATUS_OFFSET, (byte) 9);
        }
        assertEquals(3, write(0, out));
        assertEquals(0, reader.count());
        assertEquals(3, reader.leftOut());
        assertEquals(3, rig.count(Counter.POISON));
        batch.clear();
        rig.spans(1);
        sweep();
        assertEquals(1, write(0, out));
        assertEquals(3, reader.earlier());
    }

    @Test
    void abandonedSpanKeepsItsPlace() {
        final Span open = rig.open();
        final int record = rig.recordOf(open);
        assertTrue(batch.appendAbandoned(record, System.nanoTime()));
        assertEquals(1, write(0, out));
        assertEquals(record, reader.place(0));
        assertEquals(1, reader.generation(0));
    }
}
