package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests of {@link Batch}; stack traces are tested by {@code StackTracesTest}. */
class BatchTest {

    private static final Key.StringKey TEXT = Key.ofString("batch.text");
    private static final int RECORD_LENGTH = 256;
    private static final int LONGEST = RecordLayout.maxLength(RECORD_LENGTH);

    private final SweepRig rig = new SweepRig(32);
    private final Batch batch = batch(100, 1 << 20);

    @BeforeEach
    void hold() {
        rig.room = Integer.MAX_VALUE;
    }

    private Batch batch(int records, int copyLength) {
        return new Batch(rig.file, rig.stackTraces(1000), records, copyLength);
    }

    /** Appends when the span's exceptions have been read; false without room. */
    private static boolean append(Batch to, int record) {
        final ChunkSweep.Outcome[] outcome = new ChunkSweep.Outcome[1];
        Harness.await("exceptions to be read", () -> {
            outcome[0] = to.append(record);
            return outcome[0] != ChunkSweep.Outcome.LATER;
        });
        return outcome[0] == ChunkSweep.Outcome.HELD;
    }

    /** Records a span with a text of this length; returns its record. */
    private int span(int text) {
        rig.tracer.start(SweepRig.WORK).set(TEXT, "x".repeat(text)).end();
        rig.sweep();
        assertEquals(1, rig.done.size());
        return rig.done.get(0);
    }

    private List<SpanData> decoded(Batch from) {
        return new SpanDecoder(rig.file, Harness.config().conclude().resource()).decode(from, 0);
    }

    private void assertTexts(Batch from, int... lengths) {
        final List<SpanData> spans = decoded(from);
        assertEquals(lengths.length, spans.size());
        for (int i = 0; i < lengths.length; i++) {
            assertEquals(
                    "{batch.text=" + "x".repeat(lengths[i]) + "}",
                    spans.get(i).attributes().toString());
        }
    }

    @Test
    void spanStaysInItsRecord() {
        final int record = span(20);
        assertTrue(append(batch, record));
        assertEquals(record, batch.record(0));
        assertSame(rig.file.buffer(), batch.buffer(0));
        assertEquals(rig.file.layout().recordOffset(record), batch.offset(0));
        assertEquals(batch.offset(0) + RecordLayout.length(batch.buffer(0), batch.offset(0)), batch.endOffset(0));
        assertTexts(batch, 20);
    }

    @Test
    void joinsPartsOfLargeSpan() {
        final int[] lengths = {20, 1000, 168, 169, 5000, 15_000, 0};
        for (int length : lengths) {
            assertTrue(append(batch, span(length)));
        }
        assertSame(rig.file.buffer(), batch.buffer(2), "the last one that fits");
        assertNotSame(rig.file.buffer(), batch.buffer(3), "one byte more");
        for (int span = 0; span < lengths.length; span++) {
            assertTrue(batch.endOffset(span) - batch.offset(span) >= RecordLayout.HEADER_LENGTH + lengths[span]);
        }
        assertTexts(batch, lengths);
    }

    @Test
    void batchIsFullByCount() {
        final Batch small = batch(3, 1 << 20);
        for (int i = 0; i < 3; i++) {
            assertFalse(small.isFull());
            assertTrue(append(small, span(i)));
        }
        assertTrue(small.isFull());
        final int next = span(3);
        assertFalse(append(small, next));
        assertFalse(small.appendAbandoned(next, 1));
        assertTexts(small, 0, 1, 2);
        small.clear();
        assertTrue(small.isEmpty());
        assertTrue(append(small, next));
        assertTexts(small, 3);
    }

    @Test
    void batchIsFullByBytesOfCopiedSpans() {
        final Batch small = batch(100, LONGEST + 5000);
        assertTrue(append(small, span(4000)));
        final int second = span(4001);
        assertTrue(append(small, span(10)), "a span that is not copied needs no room");
        assertTrue(append(small, span(900)));
        assertFalse(append(small, second));
        assertTexts(small, 4000, 10, 900);
        small.clear();
        assertTrue(append(small, second));
        assertTexts(small, 4001);
    }

    @Test
    void reservesRoomForStackTracesBeforeCopying() {
        try (Span span = rig.tracer.start(SweepRig.WORK)) {
            span.exception(new Error("a"));
            span.exception(new Error("b"));
        }
        rig.sweep();
        final int record = rig.done.get(0);
        assertThrows(MalformedRecordException.class, () -> append(batch(10, LONGEST + 2000), record));
        final Batch enough = batch(10, LONGEST + 2200);
        assertTrue(append(enough, record));
        assertEquals(2, decoded(enough).get(0).events().size());
    }

    @Test
    void truncateKeepsFirstSpansAndFreesRoomOfOthers() {
        final Batch small = batch(100, LONGEST + 5000);
        assertTrue(append(small, span(10)));
        assertTrue(append(small, span(3000)));
        assertTrue(append(small, span(11)));
        assertTrue(append(small, span(1500)));
        final int more = span(2000);
        assertTrue(append(small, more));
        assertFalse(append(small, more));
        small.truncate(3);
        assertTrue(append(small, more));
        small.truncate(100);
        assertEquals(4, small.count(), "there are no more than that");
        assertTexts(small, 10, 3000, 11, 2000);
    }

    @Test
    void rejectsRecordOfImpossibleLengthAndKeepsBatch() {
        assertTrue(append(batch, span(1)));
        final int record = span(2);
        final ByteBuffer file = rig.file.buffer();
        final int at = rig.file.layout().recordOffset(record);
        final int length = RecordLayout.length(file, at);
        for (int said : new int[] {257, 0xFFFF, LONGEST, LONGEST + 1, 0, 1, RecordLayout.HEADER_LENGTH - 1}) {
            file.putShort(at + RecordLayout.LENGTH_OFFSET, (short) said);
            assertThrows(MalformedRecordException.class, () -> append(batch, record), "length " + said);
            assertEquals(1, batch.count());
        }
        RecordLayout.length(file, at, length);
        assertTrue(append(batch, record));
        assertTexts(batch, 1, 2);
    }

    @Test
    void doesNotReadLengthThatExceedsItsField() {
        final int record = span(2);
        final ByteBuffer file = rig.file.buffer();
        final int at = rig.file.layout().recordOffset(record);
        for (int said : new int[] {Integer.MAX_VALUE, 1 << 20, -1, 0}) {
            file.putShort(at + RecordLayout.LENGTH_OFFSET, (short) 0);
            file.putInt(at + RecordLayout.NEXT_OFFSET, said);
            assertThrows(MalformedRecordException.class, () -> append(batch, record), "length " + said);
        }
        assertTrue(batch.isEmpty());
    }

    @Test
    void rejectsBrokenLinksOfParts() {
        final int record = span(5000);
        final ByteBuffer file = rig.file.buffer();
        final int link = rig.file.layout().recordOffset(record) + RecordLayout.NEXT_OFFSET;
        final int part = file.getInt(link) - 1;
        for (int said : new int[] {0, record + 1, part + 2, Integer.MAX_VALUE, -1, 32 * SweepRig.CHUNK + 1}) {
            file.putInt(link, said);
            assertThrows(MalformedRecordException.class, () -> append(batch, record), "link " + said);
        }
        file.putInt(link, part + 1);
        assertTrue(append(batch, record));
        assertTexts(batch, 5000);
    }

    @Test
    void marksAbandonedSpanAndSetsItsEnd() {
        final Span open = rig.tracer.startDetached(SweepRig.WORK, SpanKind.CLIENT);
        open.set(TEXT, "y".repeat(3000)).exception(new Exception("thrown"));
        final int record = rig.recordOf(open);
        final long end = System.nanoTime();
        assertTrue(batch.appendAbandoned(record, end));
        assertEquals(end, RecordLayout.endTicks(batch.buffer(0), batch.offset(0)));
        assertEquals(record, batch.record(0));
        final SpanData span = decoded(batch).get(0);
        assertEquals(SpanKind.CLIENT, span.kind());
        assertEquals("true", span.attributes().get("kraken.abandoned").toString());
        assertEquals("y".repeat(3000), span.attributes().get("batch.text"));
        assertEquals("exception", span.events().get(0).name());
    }

    @Test
    void abandonedSpanDoesNotEndBeforeItsStart() {
        final Span open = rig.open();
        final int record = rig.recordOf(open);
        assertTrue(batch.appendAbandoned(record, Long.MIN_VALUE));
        final int at = batch.offset(0);
        assertEquals(RecordLayout.startTicks(batch.buffer(0), at), RecordLayout.endTicks(batch.buffer(0), at));
    }
}
