package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests of records with overwritten bytes: malformed records are counted and skipped, their neighbours are exported,
 * and every request can be decoded.
 */
class MalformedRecordTest {

    private static final int RECORD_LENGTH = 256;
    /**
     * Number of records: a part whose span no longer refers to it is never freed, so there must be enough for all
     * damage of this test.
     */
    private static final int RECORDS = 64 * 1024;

    private static final int[] EXTREMES = {0, -1, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 95, 96, 97, 0xFF_FFFF, 8};

    private final Map<ByteString, ExpectedSpan> expected = new HashMap<>();
    private final Set<ByteString> touched = new HashSet<>();
    /** Counts of damaged records and of parts that are no longer referred to. */
    private final Set<Long> seenUses = new HashSet<>();

    private SplittableRandom random;
    private long recorded;
    private Harness<DecodingSink> rig;

    private void open(long seed) {
        random = new SplittableRandom(seed);
        rig = Harness.driven(
                Harness.config().with(TracerConfig.RECORD_LENGTH, RECORD_LENGTH).with(TracerConfig.RECORDS, RECORDS),
                DecodingSink::new);
    }

    /** Sweeps until all recorded spans have been taken: spans with exceptions wait until these have been read. */
    private void sweep() {
        Harness.await("all spans to be taken", () -> {
            rig.sweep();
            return rig.count(Counter.TAKEN) == recorded;
        });
    }

    private void spans(int count) {
        recorded += count;
        for (int i = 0; i < count; i++) {
            final io.kraken.tracer.Span span = rig.tracer.start(RandomSpan.NAMES[0], SpanKind.CLIENT);
            final ExpectedSpan model = new ExpectedSpan(
                            ExpectedSpan.Limits.DEFAULT, span, null, RandomSpan.NAMES[0].toString(), SpanKind.CLIENT)
                    .flags(0x103);
            final RandomSpan one = new RandomSpan(span, model, random, 300, 8000);
            one.makeCalls();
            span.end();
            expected.put(model.id(), model);
        }
    }

    /** Changes a few of the bytes from {@code from} to {@code to}, exclusive. */
    private void damage(ByteBuffer buffer, int from, int to) {
        final int at = random.nextInt(from, to);
        switch (random.nextInt(6)) {
            case 0:
                buffer.put(at, (byte) (buffer.get(at) ^ 1 << random.nextInt(8)));
                break;
            case 1:
                for (int i = at; i < Math.min(to, at + random.nextInt(40)); i++) {
                    buffer.put(i, (byte) random.nextInt());
                }
                break;
            case 2:
                for (int i = at; i < Math.min(to, at + random.nextInt(40)); i++) {
                    buffer.put(i, (byte) 0);
                }
                break;
            case 3:
                if (to - at >= Integer.BYTES) {
                    buffer.putInt(at, EXTREMES[random.nextInt(EXTREMES.length)]);
                }
                break;
            case 4:
                if (to - at >= Integer.BYTES) {
                    buffer.putInt(at, buffer.getInt(at) + random.nextInt(-9, 10));
                }
                break;
            default:
                final int other = random.nextInt(from, to);
                buffer.put(at, buffer.get(other));
        }
    }

    private void assertTheOthersArrived(String where) {
        rig.sink.assertSound();
        final Map<ByteString, Span> arrived = new HashMap<>();
        rig.sink.spans.forEach(span -> arrived.putIfAbsent(span.getSpanId(), span));
        for (ExpectedSpan model : expected.values()) {
            if (!touched.contains(model.id())) {
                assertTrue(arrived.containsKey(model.id()), where + ": an undamaged span is missing");
                assertEquals(model.expected(), ExpectedSpan.normal(arrived.get(model.id())), where);
            }
        }
        expected.clear();
        touched.clear();
        rig.sink.spans.clear();
        rig.sink.requests.clear();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void survivesDamageInBatch(long seed) {
        open(seed);
        rig.sink.before = this::damageOne;
        for (int round = 0; round < 1500; round++) {
            spans(3);
            sweep();
            assertTheOthersArrived("seed " + seed + ", round " + round);
        }
        final Ledger end = rig.close();
        assertEquals(4500, end.shipped() + end.count(Counter.POISON) + end.count(Counter.TOO_LARGE));
        assertEquals(0, end.count(Counter.SINK_ERROR) + end.count(Counter.INTERNAL_ERRORS));
        assertTrue(end.count(Counter.POISON) > 300, "enough records must be malformed: " + end);
    }

    private void damageOne(Batch batch) {
        final int record = random.nextInt(batch.count());
        final int base = batch.offset(record);
        final ByteBuffer buffer = batch.buffer(record);
        touched.add(ExpectedSpan.id(RecordLayout.spanId(buffer, base)));
        final int from = base + (random.nextInt(3) == 0 ? Long.BYTES : RecordLayout.HEADER_LENGTH);
        final int to = batch.endOffset(record);
        for (int i = random.nextInt(1, 4); i > 0 && from < to; i--) {
            damage(buffer, from, to);
        }
        if (random.nextInt(8) == 0) {
            buffer.putShort(base + RecordLayout.LENGTH_OFFSET, (short) random.nextInt(-1, 2 * (to - base)));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {21, 22, 23})
    void survivesDamageInRecords(long seed) {
        open(seed);
        for (int round = 0; round < 700; round++) {
            spans(6);
            damageRecord();
            sweep();
            assertTheOthersArrived("seed " + seed + ", round " + round);
        }
        final Ledger end = rig.close();
        assertEquals(0, end.buffered(), end::toString);
        assertEquals(4200, end.shipped() + end.rejected(), end::toString);
        assertEquals(0, end.count(Counter.SINK_ERROR) + end.count(Counter.INTERNAL_ERRORS), end::toString);
        assertTrue(end.count(Counter.POISON) > 50, end::toString);
    }

    /** A span with a damaged state is lost, and the ledger no longer balances; but nothing worse happens. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {31, 32, 33})
    void survivesDamageInCommitWords(long seed) {
        open(seed);
        for (int round = 0; round < 700; round++) {
            spans(6);
            final int record = damageRecord();
            final int at = rig.tracer.file().layout().recordOffset(record);
            damage(rig.tracer.file().buffer(), at, at + Long.BYTES);
            rig.sweep();
            rig.sink.assertSound();
        }
        final Ledger end = rig.tracer.close(Duration.ofSeconds(1));
        final long most = 4200 + 700;
        assertTrue(
                end.shipped() + end.rejected() >= 4200 - 700 && end.shipped() + end.rejected() <= most, end::toString);
        assertEquals(0, end.count(Counter.SINK_ERROR) + end.count(Counter.INTERNAL_ERRORS), end::toString);
    }

    /** Damages one of the records and parts of ended spans, except its commit word; returns its index. */
    private int damageRecord() {
        final SpanFileLayout layout = rig.tracer.file().layout();
        final ByteBuffer buffer = rig.tracer.file().buffer();
        final List<Integer> found = new ArrayList<>();
        for (int record = 0; record < layout.shape().records(); record++) {
            final long word = RecordLayout.commitWord(buffer, layout.recordOffset(record));
            final long taken = buffer.getLong(layout.takenOffset(SpanFileLayout.chunkOf(record)));
            if (RecordLayout.isUntaken(word, taken, SpanFileLayout.numberOf(record))
                    && seenUses.add(RecordLayout.lease(word) | record)) {
                found.add(record);
            }
        }
        final int victim = found.get(random.nextInt(found.size()));
        final int at = layout.recordOffset(victim);
        final boolean isPart = RecordLayout.state(RecordLayout.commitWord(buffer, at)) == RecordLayout.PART;
        final int head = isPart ? buffer.getInt(at + RecordLayout.PART_HEAD_OFFSET) : victim;
        if (head >= 0 && head < RECORDS) { // otherwise the state of this record was damaged before
            touched.add(ExpectedSpan.id(RecordLayout.spanId(buffer, layout.recordOffset(head))));
        }
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            damage(buffer, at + Long.BYTES, at + RECORD_LENGTH);
        }
        return victim;
    }

    @Test
    void invalidUtf8LosesItsSpanButNotTheRequest() {
        open(0);
        rig.tracer.start(Harness.WORK).set("key", "just ascii").end();
        rig.tracer.start(Harness.WORK).set("key", "just ascii").end();
        final int at = rig.tracer.file().layout().recordOffset(0) + RecordLayout.HEADER_LENGTH;
        rig.tracer.file().buffer().put(at + EntryLayout.PREFIX_LENGTH + 3, (byte) 0xC0);
        rig.sweep();
        rig.sink.assertSound();
        assertEquals(1, rig.sink.spans.size());
        final Ledger end = rig.close();
        assertEquals(1, end.count(Counter.POISON));
        assertEquals(1, end.shipped());
    }
}
