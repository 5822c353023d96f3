package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ticks, anchors and the wall clock. */
class ClockTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final long HOUR_NS = TimeUnit.HOURS.toNanos(1);
    private static final int RING = 1024;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private long checks;

    /** Runs one duty cycle after the interval between two checks. */
    private boolean check() {
        checks += TimeUnit.SECONDS.toNanos(2);
        return traced.sink.housekeeping().doWork(System.nanoTime() + checks);
    }

    /** The times of a published record, as a reader computes them. */
    private final class Times {
        final int anchor;
        final long start;
        final long end;

        Times(ByteBuffer record) {
            final Anchors anchors = new Anchors(
                    traced.tracer().file().buffer(),
                    traced.tracer().file().layout().anchorsOffset());
            anchor = RecordLayout.anchor(record, 0);
            anchors.load(anchor);
            start = anchors.toEpochNs(RecordLayout.startTicks(record, 0));
            end = anchors.toEpochNs(RecordLayout.endTicks(record, 0));
        }
    }

    private Times last() {
        return new Times(traced.lastRecord());
    }

    @Test
    void spanTimesFollowTheWallClock() {
        final Tracer tracer = traced.tracer();
        final long before = traced.clock.ticks();
        final Span span = tracer.start(NAME);
        traced.clock.advance(1_000_000);
        span.end();
        assertEquals(1_000_001, last().end - last().start);
        assertTrue(Math.abs(last().start - SteppedClock.EPOCH_NS) < 100, "a few ticks after the anchor");
        assertEquals(before + 1, RecordLayout.startTicks(traced.lastRecord(), 0));
    }

    @Test
    void addsAnchorOnlyAfterDrift() {
        final Tracer tracer = traced.tracer();
        assertEquals(1, traced.count(Counter.ANCHORS));
        assertFalse(check());
        traced.clock.stepWallClock(90_000);
        assertFalse(check(), "less than the drift allowed");
        traced.clock.stepWallClock(20_000);
        assertFalse(
                traced.sink.housekeeping().doWork(System.nanoTime() + checks), "not before the end of the interval");
        assertTrue(check());
        assertFalse(check());
        traced.clock.stepWallClock(-HOUR_NS);
        assertTrue(check());
        assertEquals(3, traced.count(Counter.ANCHORS));
        assertEquals(2, tracer.file().anchors().current());
    }

    @Test
    void stepOfTheWallClockKeepsDurationsAndOrder() {
        final Tracer tracer = traced.tracer();
        for (long step : new long[] {HOUR_NS, -HOUR_NS}) {
            final Span root = tracer.start(NAME);
            traced.clock.advance(500);
            traced.clock.stepWallClock(step);
            assertTrue(check());
            final Span child = tracer.start(NAME);
            final Span grandchild = tracer.startDetached(NAME, SpanKind.INTERNAL);
            grandchild.end();
            final Times inner = last();
            child.end();
            final Times middle = last();
            traced.clock.advance(500);
            root.end();
            final Times outer = last();
            assertEquals(outer.anchor, middle.anchor);
            assertEquals(outer.anchor, inner.anchor);
            assertTrue(outer.start <= middle.start && middle.start <= inner.start);
            assertTrue(inner.end <= middle.end && middle.end <= outer.end);
            assertTrue(outer.end - outer.start > 1_000 && outer.end - outer.start < 1_500);
            tracer.start(NAME).end();
            assertEquals(outer.anchor + 1, last().anchor, "the next trace begins under the new anchor");
            assertEquals(step > 0, last().start > outer.start);
        }
    }

    @Test
    void childNeverBeginsBeforeItsParent() {
        final Tracer tracer = traced.tracer();
        final Span parent = tracer.start(NAME);
        final RemoteContext copy = new RemoteContext().copy(parent);
        traced.clock.advance(-1_000);
        final Span child = tracer.start(NAME);
        final Span explicit = tracer.startDetached(NAME, SpanKind.INTERNAL, parent);
        final Span later = tracer.startDetached(NAME, SpanKind.INTERNAL, copy);
        traced.clock.advance(-1_000);
        for (Span span : new Span[] {later, explicit, child, parent}) {
            span.end();
            final Times times = last();
            assertEquals(times.start, times.end, "no span ends before it began");
        }
        final long first = traced.sink.published().stream()
                .mapToLong(record -> RecordLayout.startTicks(record.bytes(), 0))
                .distinct()
                .count();
        assertEquals(1, first);
    }

    @Test
    void parentOfAnotherTracerGivesIdsButNoAnchor() {
        final SteppedClock ahead = new SteppedClock();
        ahead.advance(HOUR_NS);
        final Tracer other = Tracer.create(traced.config().clock(ahead, ahead::epochNs), new CapturingSink());
        final Span parent = other.start(NAME);
        final TraceContext kept = new RemoteContext().copy(parent);
        for (TraceContext context : new TraceContext[] {parent, other.currentContext(), kept}) {
            final long before = traced.clock.ticks();
            final Span child = traced.tracer().start(NAME, SpanKind.INTERNAL, context);
            assertEquals(parent.traceId(), child.traceId());
            final long after = traced.clock.ticks();
            child.end();
            final long start = RecordLayout.startTicks(traced.lastRecord(), 0);
            assertTrue(before < start && start < after, () -> before + " < " + start + " < " + after);
        }
        parent.end();
        other.close();
    }

    @Test
    void childOfARemoteParentUsesTheCurrentAnchor() {
        final Tracer tracer = traced.tracer();
        traced.clock.stepWallClock(HOUR_NS);
        assertTrue(check());
        tracer.start(NAME, SpanKind.SERVER, new RemoteContext().set(1, 2, 3, 1)).end();
        assertEquals(1, last().anchor);
        assertTrue(last().start >= SteppedClock.EPOCH_NS + HOUR_NS);
    }

    @Test
    void oldestAnchorReplacesAnOverwrittenOne() {
        final Tracer tracer = traced.tracer();
        final Span old = tracer.start(NAME);
        final Anchors writer = tracer.file().anchors();
        final Anchors reader =
                new Anchors(tracer.file().buffer(), tracer.file().layout().anchorsOffset());
        for (int i = 1; i < RING; i++) {
            writer.add(i * 1_000L, i, 1.0);
        }
        assertTrue(reader.load(0), "the ring is full and still has the first anchor");
        writer.add(RING * 1_000L, RING, 2.0);
        assertFalse(reader.load(0));
        assertEquals(1 + 10, reader.toEpochNs(1_000 + 10), "the oldest one left");
        assertTrue(reader.load(RING));
        assertEquals(RING + 20, reader.toEpochNs(RING * 1_000L + 10));
        assertFalse(reader.load(RING + 1), "an anchor that never existed");
        assertEquals(RING, writer.current());
        old.end();
        assertEquals(0, last().anchor);
        assertTrue(last().end >= last().start);
    }

    @Test
    void noTimeWithoutAnyAnchor() {
        final Anchors empty = new Anchors(ByteBuffer.allocateDirect(64 + RING * 32), 0);
        assertFalse(empty.load(0));
        assertEquals(Anchors.NO_TIME, empty.toEpochNs(5));
    }

    @Test
    void timeNeverRunsBackwardsUnderOneAnchor() {
        final Anchors anchors = traced.tracer().file().anchors();
        anchors.load(anchors.add(10_000_000_000L, SteppedClock.EPOCH_NS, 1 / 2.7));
        long last = Long.MIN_VALUE;
        for (long ticks = -5_000; ticks < 5_000; ticks++) {
            final long epochNs = anchors.toEpochNs(10_000_000_000L + ticks);
            assertTrue(epochNs >= last);
            last = epochNs;
        }
    }
}
