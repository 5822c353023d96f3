package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.Key;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.RecordParts;
import io.kraken.tracer.file.SpanFileLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Model test: spans of several threads over a few chunks, in random order, next to a model of their expected state.
 * What is started, set, ended, abandoned, held, taken and returned is compared span by span, and the ledger with the
 * totals. Only one thread runs at a time, so a seed always gives the same run.
 */
class ChunkModelTest {

    private static final SpanName[] NAMES = {
        SpanName.of("model.a"), SpanName.of("model.b"), SpanName.of("model.c"), SpanName.of("model.d")
    };
    private static final SpanKind[] KINDS = SpanKind.values();
    private static final Key.LongKey NUMBER = Key.ofLong("model.number");
    private static final Key.StringKey TEXT = Key.ofString("model.text");
    private static final String LONG_TEXT = "0123456789abcdef".repeat(200);
    private static final int MOST_AT_A_TIME = 40;
    private static final int THREADS = 4;

    private final Random random = new Random();
    private final List<ModelThread> workers = new ArrayList<>();
    private final List<ModelThread> dead = new ArrayList<>();
    private final List<ModelSpan> detached = new ArrayList<>();
    /** By span id: recorded spans that have not been taken yet, whether ended, open or abandoned. */
    private final Map<Long, ModelSpan> untaken = new HashMap<>();

    private final EntryCursor entries = new EntryCursor();
    private SweepRig rig;
    private RecordParts parts;
    private ByteBuffer copy;

    private long started;
    private long dropped;
    private long endedUnrecorded;
    private long taken;
    private long abandoned;
    private long late;

    @ParameterizedTest
    @CsvSource({"1, 4, 300000", "2, 8, 600000", "3, 8, 600000", "4, 12, 600000", "5, 16, 600000", "6, 5, 300000"})
    void deliversEverySpanOnceWithItsValues(long seed, int chunks, int steps) throws Exception {
        random.setSeed(seed);
        rig = new SweepRig(
                chunks,
                SweepRig.config()
                        .with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED)
                        .with(TracerConfig.ABANDON_AFTER, Duration.ofSeconds(2)));
        rig.onSettled = this::settled;
        parts = new RecordParts(rig.file.buffer(), rig.file.layout());
        copy = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < THREADS; i++) {
            workers.add(worker());
        }
        for (int left = steps; left > 0; ) {
            final int count = 1 + random.nextInt(MOST_AT_A_TIME);
            left -= count;
            final ModelThread worker = workers.get(random.nextInt(workers.size()));
            worker.does(() -> {
                for (int i = 0; i < count; i++) {
                    step(worker);
                }
            });
            exporter();
            if (random.nextInt(200) == 0) {
                die(worker);
            }
        }
        end();
    }

    private ModelThread worker() {
        return new ModelThread(Runtime.version().feature() >= 21 && random.nextInt(4) == 0);
    }

    // --- the threads

    private void step(ModelThread worker) {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> startAttached(worker);
            case 4, 5 -> startDetached(worker);
            case 6, 7 -> {
                if (!worker.open.isEmpty()) {
                    set(worker.open.get(random.nextInt(worker.open.size())));
                }
            }
            case 8 -> {
                if (!detached.isEmpty()) {
                    set(detached.get(random.nextInt(detached.size())));
                }
            }
            case 9, 10, 11, 12 -> endAttached(worker, 1);
            case 13 -> endAttached(worker, 8);
            default -> {
                // Few spans are open for long: mostly one of the newest is ended.
                final int size = detached.size();
                if (size > 0 && (size > 20 || random.nextInt(3) > 0)) {
                    end(detached.get(Math.max(0, size - 1 - random.nextInt(random.nextInt(30) + 1))), detached);
                }
            }
        }
    }

    private void startAttached(ModelThread worker) {
        if (worker.open.size() > 30 && random.nextInt(10) > 0) {
            return;
        }
        final SpanName name = NAMES[random.nextInt(NAMES.length)];
        final SpanKind kind = KINDS[random.nextInt(KINDS.length)];
        final boolean unsampled = random.nextInt(12) == 0;
        final ModelSpan parent = unsampled ? null : worker.top();
        final Span span = unsampled
                ? rig.tracer.start(name, kind, new RemoteContext().set(7, 8, 9, 0))
                : rig.tracer.start(name, kind);
        final ModelSpan expected = begun(span, parent, unsampled, worker, name, kind);
        if (expected != null) {
            worker.open.add(expected);
            worker.stack.add(expected);
            assertSame(span, rig.tracer.current());
        }
    }

    private void startDetached(ModelThread worker) {
        final SpanName name = NAMES[random.nextInt(NAMES.length)];
        final SpanKind kind = KINDS[random.nextInt(KINDS.length)];
        final boolean under = !detached.isEmpty() && random.nextInt(3) == 0;
        final ModelSpan parent = under ? detached.get(random.nextInt(detached.size())) : worker.top();
        if (under && CoreAccess.isClosed(parent.span)) {
            return;
        }
        final Span span =
                under ? rig.tracer.startDetached(name, kind, parent.span) : rig.tracer.startDetached(name, kind);
        final ModelSpan expected = begun(span, parent, false, null, name, kind);
        if (expected != null) {
            detached.add(expected);
        }
    }

    private ModelSpan begun(
            Span span, ModelSpan parent, boolean unsampled, ModelThread owner, SpanName name, SpanKind kind) {
        started++;
        if (span == Span.NOOP) {
            dropped++;
            return null;
        }
        final boolean recorded = !unsampled && (parent == null || parent.recorded);
        assertEquals(recorded, span.isRecording());
        assertEquals(unsampled ? 7 : parent != null ? parent.traceIdHigh : span.traceIdHigh(), span.traceIdHigh());
        final ModelSpan expected = new ModelSpan(span, recorded, owner, parent == null ? 0 : parent.spanId);
        expected.name = name;
        expected.kind = kind;
        if (recorded) {
            assertNull(untaken.put(expected.spanId, expected));
        }
        return expected;
    }

    private void set(ModelSpan expected) {
        if (CoreAccess.isClosed(expected.span)) {
            return;
        }
        final long lost = lost();
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                expected.number = random.nextInt(1_000_000);
                expected.span.set(NUMBER, expected.number);
            }
            case 2, 3, 4 -> text(expected, random.nextInt(60));
            case 5 -> text(expected, random.nextInt(10) == 0 ? random.nextInt(3_000) : random.nextInt(300));
            case 6 -> {
                expected.events++;
                expected.span.event(NAMES[0]).set(NUMBER, 1);
            }
            default -> {
                expected.error = true;
                expected.span.error(null);
            }
        }
        expected.lossy |= lost() != lost;
    }

    private static void text(ModelSpan expected, int length) {
        expected.text = LONG_TEXT.substring(0, length);
        expected.span.set(TEXT, expected.text);
    }

    private long lost() {
        return rig.count(Counter.TRUNCATED) + rig.count(Counter.DROPPED_ENTRIES);
    }

    /** Ends one of the newest attached spans of the thread. */
    private void endAttached(ModelThread worker, int among) {
        final int size = worker.open.size();
        if (size == 0) {
            return;
        }
        final ModelSpan expected = worker.open.get(size - 1 - random.nextInt(Math.min(size, among)));
        if (end(expected, worker.open)) {
            worker.stack.remove(expected);
        }
    }

    /** Ends a span; false when it was abandoned, which the model learns when its record is settled. */
    private boolean end(ModelSpan expected, List<ModelSpan> open) {
        if (CoreAccess.isClosed(expected.span)) {
            return false;
        }
        open.remove(expected);
        expected.span.end();
        endedUnrecorded += expected.recorded ? 0 : 1;
        if (random.nextInt(5) == 0) { // a call after the end, with nothing started in between
            expected.span.set(NUMBER, -7).error("late");
            expected.span.end();
            late += 3;
        }
        return true;
    }

    // --- the exporter

    private void exporter() {
        switch (random.nextInt(8)) {
            case 0 -> rig.release();
            case 1 -> rig.room = random.nextInt(3) == 0 ? -1 : rig.held.size() + random.nextInt(100);
            case 2 -> learn(rig.sweepAfter(Duration.ofMillis(random.nextInt(400))));
            case 3, 4 -> learn(rig.sweep());
            default -> {}
        }
        if (rig.room < 0) {
            rig.release();
        }
        if (random.nextInt(100) == 0) {
            assertCloses(rig.ledger());
        }
    }

    /** Updates the model after a sweep with the spans that were abandoned. */
    private void learn(int found) {
        assertTrue(found >= 0);
        workers.forEach(ModelThread::dropStack);
        for (int record : rig.abandoned) {
            abandoned++;
            forget(record, true);
        }
        rig.abandoned.clear();
        final long ofUnrecorded = rig.count(Counter.ABANDONED) - abandoned;
        if (ofUnrecorded > 0) {
            for (ModelSpan expected : open()) {
                if (!expected.recorded && isTaken(expected.record)) {
                    abandoned++;
                    endedUnrecorded++;
                    forget(expected.record, false);
                }
            }
        }
        assertEquals(rig.count(Counter.ABANDONED), abandoned);
    }

    private boolean isTaken(int record) {
        final SpanFileLayout layout = rig.file.layout();
        final long word = RecordLayout.commitWordAcquire(rig.file.buffer(), layout.recordOffset(record));
        final long takenWord = rig.file.buffer().getLong(layout.takenOffset(SpanFileLayout.chunkOf(record)));
        return !RecordLayout.isUntaken(word, takenWord, SpanFileLayout.numberOf(record));
    }

    private void forget(int record, boolean recorded) {
        detached.removeIf(expected -> expected.record == record && expected.recorded == recorded);
        workers.forEach(worker -> worker.forget(record));
        dead.forEach(worker -> worker.forget(record));
        dead.removeIf(worker -> worker.open.isEmpty());
    }

    private List<ModelSpan> open() {
        final List<ModelSpan> open = new ArrayList<>(detached);
        workers.forEach(worker -> open.addAll(worker.open));
        dead.forEach(worker -> open.addAll(worker.open));
        return open;
    }

    /** Compares the span of a taken record with the model. */
    private void settled(int record) {
        final int length = parts.copy(record, copy, 0);
        assertTrue(length > 0, "the span is malformed");
        final ModelSpan expected = untaken.remove(RecordLayout.spanId(copy, 0));
        assertNotNull(expected, "the span was delivered twice or never started");
        taken++;
        assertEquals(expected.record, record);
        assertEquals(expected.traceIdHigh, RecordLayout.traceIdHigh(copy, 0));
        assertEquals(expected.parentId, RecordLayout.parentId(copy, 0));
        assertEquals(expected.name.toString(), name(RecordLayout.name(copy, 0)));
        assertEquals(expected.kind.ordinal() + 1, RecordLayout.kind(copy, 0));
        assertEquals(
                expected.error ? StatusCode.ERROR.ordinal() : StatusCode.UNSET.ordinal(), RecordLayout.status(copy, 0));
        long number = -1;
        String text = null;
        int events = 0;
        entries.wrap(copy, RecordLayout.HEADER_LENGTH, length);
        while (entries.next()) {
            switch (entries.type()) {
                case EntryLayout.LONG -> number = entries.longValue();
                case EntryLayout.STRING ->
                    text = new String(
                            copy.array(), entries.valueOffset(), entries.valueLength(), StandardCharsets.ISO_8859_1);
                case EntryLayout.EVENT -> events++;
                case EntryLayout.STATUS -> assertTrue(expected.error);
                default -> throw new AssertionError("an entry of type " + entries.type());
            }
        }
        assertTrue(!entries.malformed());
        if (!expected.lossy) {
            assertEquals(expected.number, number);
            assertEquals(expected.text, text);
            assertEquals(expected.events, events);
        } else if (text != null) {
            assertTrue(LONG_TEXT.startsWith(text));
        }
    }

    private String name(int symbol) {
        return new String(rig.file.symbols().text(symbol), StandardCharsets.UTF_8);
    }

    private void assertCloses(Ledger ledger) {
        assertEquals(started, ledger.started(), ledger::toString);
        assertEquals(dropped, ledger.dropped(), ledger::toString);
        assertEquals(endedUnrecorded, ledger.unrecorded(), ledger::toString);
        assertEquals(taken, ledger.shipped(), ledger::toString);
        assertEquals(untaken.size(), ledger.inChunks() + ledger.open() - openUnrecorded(), ledger::toString);
        assertEquals(late, ledger.count(Counter.MISUSE_AFTER_END), ledger::details);
        assertEquals(0, ledger.count(Counter.INTERNAL_ERRORS) + ledger.count(Counter.MISUSE_WRONG_THREAD));
    }

    private long openUnrecorded() {
        return open().stream().filter(expected -> !expected.recorded).count();
    }

    private void die(ModelThread worker) throws InterruptedException {
        worker.die();
        workers.remove(worker);
        workers.add(worker());
        if (!worker.open.isEmpty()) {
            dead.add(worker);
        }
    }

    private void end() throws InterruptedException {
        for (ModelThread worker : workers) {
            worker.does(() -> {
                for (int i = worker.open.size(); i > 0; i--) {
                    endAttached(worker, 1);
                }
            });
        }
        rig.room = -1;
        rig.release();
        while (!workers.isEmpty()) {
            final ModelThread worker = workers.remove(workers.size() - 1);
            worker.die();
            dead.add(worker);
        }
        learn(rig.sweep());
        assertNoRecordIsLost();
        final Ledger ledger = rig.close();
        learn(0);
        assertCloses(ledger);
        assertEquals(0, ledger.buffered(), ledger::toString);
        assertEquals(open().stream().filter(expected -> expected.recorded).count(), untaken.size());
    }

    /** Checks that all records without a span of the model can be used at the same time. */
    private void assertNoRecordIsLost() {
        final List<Span> all = new ArrayList<>();
        rig.sweep.thorough(); // the clock stops from now on
        rig.onSettled = record -> {
            if (untaken.containsKey(
                    RecordLayout.spanId(rig.file.buffer(), rig.file.layout().recordOffset(record)))) {
                settled(record);
            } else {
                taken++;
            }
        };
        for (int sweeps = 0; sweeps < 5; ) {
            started++;
            Span span = rig.open();
            if (span == Span.NOOP) {
                dropped++;
                started++;
                span = rig.tracer.start(SweepRig.WORK); // claimed for this thread by the exporter
            }
            if (span != Span.NOOP) {
                all.add(span);
                sweeps = 0;
            } else {
                dropped++;
                learn(rig.sweep());
                sweeps++;
            }
        }
        final int records = rig.file.layout().shape().records();
        int partsOfOpen = 0;
        for (int record = 0; record < records; record++) {
            final long word =
                    RecordLayout.commitWord(rig.file.buffer(), rig.file.layout().recordOffset(record));
            partsOfOpen += RecordLayout.state(word) == RecordLayout.PART && !isTaken(record) ? 1 : 0;
        }
        assertEquals(records, all.size() + open().size() + partsOfOpen + rig.sweep.withheld());
        for (int i = all.size() - 1; i >= 0; i--) {
            all.get(i).end();
        }
        learn(rig.sweep());
    }
}
