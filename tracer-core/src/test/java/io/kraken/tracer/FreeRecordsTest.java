package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class FreeRecordsTest {

    @Test
    void reusesTheRecordFreeForLongest() {
        final FreeRecords free = new FreeRecords(3);
        assertEquals(0, free.take());
        free.give(0);
        assertEquals(1, free.take());
        assertEquals(2, free.take());
        assertEquals(0, free.take());
        assertEquals(Chunks.NONE, free.take());
        free.give(2);
        assertEquals(2, free.take());
        assertEquals(Chunks.NONE, free.take());
    }

    @Test
    void threadsNeverShareOrLoseARecord() {
        final int records = 5;
        final FreeRecords free = new FreeRecords(records);
        final AtomicIntegerArray users = new AtomicIntegerArray(records);
        Threads.run(4, thread -> {
            for (int i = 0; i < 200_000; i++) {
                final int record = free.take();
                if (record != Chunks.NONE) {
                    assertEquals(1, users.incrementAndGet(record));
                    users.decrementAndGet(record);
                    free.give(record);
                }
            }
        });
        final BitSet left = new BitSet();
        for (int i = 0; i < records; i++) {
            final int record = free.take();
            assertNotEquals(Chunks.NONE, record);
            left.set(record);
        }
        assertEquals(records, left.cardinality());
        assertTrue(free.take() == Chunks.NONE);
    }
}
