package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A counter that jumps or changes its rate, and a wall clock that is corrected, over days. */
class ClockJumpTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final long CYCLE = 5 * MILLI;
    /** Tolerance: the error, within about a second, of a rate measured in 20 ms, and the duration of readings. */
    private static final long NEAR = MILLI;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final MachineClocks machine = new MachineClocks(true);

    private Tracer tracer() {
        traced.settings(machine.configure(traced.config()));
        return traced.tracer();
    }

    private void cycle() {
        traced.sink.housekeeping().doWork(machine.nanoTime());
    }

    /** Runs duty cycles of the exporter meanwhile. */
    private void live(long ns, long cycleNs) {
        for (long gone = 0; gone < ns; gone += cycleNs) {
            machine.run(cycleNs);
            cycle();
        }
    }

    private record Times(long startNs, long endNs, int anchor) {
        long durationNs() {
            return endNs - startNs;
        }
    }

    /** Times of the span published last, as every reader computes them. */
    private Times last() {
        final ByteBuffer record = traced.lastRecord();
        final Anchors anchors = new Anchors(
                traced.tracer().file().buffer(), traced.tracer().file().layout().anchorsOffset());
        anchors.load(RecordLayout.anchor(record, 0));
        final long startNs = anchors.toEpochNs(RecordLayout.startTicks(record, 0));
        return new Times(
                startNs,
                Math.max(startNs, anchors.toEpochNs(RecordLayout.endTicks(record, 0))),
                RecordLayout.anchor(record, 0));
    }

    private static void assertNear(long expected, long actual, long by) {
        assertTrue(Math.abs(expected - actual) <= by, () -> actual + " is " + (actual - expected) + " off");
    }

    private void assertNewSpansAreRight() {
        final long before = machine.epochNs();
        final Span span = traced.tracer().start(NAME);
        machine.run(SECOND / 2);
        span.end();
        assertNear(before, last().startNs(), NEAR);
        assertNear(SECOND / 2, last().durationNs(), NEAR);
    }

    @ParameterizedTest
    @ValueSource(longs = {2 * 3600, -2 * 3600, 10 * 86_400, -40 * 3600, 3, -3})
    void jumpBeginsALineAndOpenSpansKeepTheirDurations(long seconds) {
        final Tracer tracer = tracer();
        live(90 * SECOND, CYCLE);
        final long before = machine.epochNs();
        final Span open = tracer.start(NAME);
        live(SECOND, CYCLE);
        machine.jump((long) (seconds * SECOND * 2.5));
        assertEquals(0, traced.count(Counter.CLOCK_JUMPS));
        live(CYCLE, CYCLE);
        assertEquals(1, traced.count(Counter.CLOCK_JUMPS));
        assertEquals(1, tracer.file().anchors().lines());
        assertNewSpansAreRight();
        live(3 * SECOND, CYCLE);
        final Span child = tracer.start(NAME);
        live(SECOND / 4, CYCLE);
        child.end();
        final Times inner = last();
        final long after = machine.epochNs();
        open.end();
        final Times outer = last();
        assertNear(before, outer.startNs(), NEAR);
        assertNear(SECOND / 4, inner.durationNs(), NEAR);
        assertTrue(inner.startNs() >= outer.startNs());
        if (seconds > 0 || -seconds > 92) {
            assertNear(after - before, outer.durationNs(), 2 * NEAR);
        } else { // ticks from before the jump are also those from after it
            assertTrue(outer.durationNs() >= 0 && outer.durationNs() <= after - before);
        }
        assertEquals(1, traced.count(Counter.CLOCK_JUMPS), "the new rate is right");
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.01, 0.99, 2, 0.5})
    void changedRateIsMeasuredAgain(double factor) {
        final Tracer tracer = tracer();
        live(600 * SECOND, 50 * MILLI);
        final long before = machine.epochNs();
        final Span open = tracer.start(NAME);
        machine.run(300 * MILLI);
        cycle();
        machine.changeRate(factor);
        live(2 * SECOND, CYCLE);
        assertEquals(1, traced.count(Counter.CLOCK_JUMPS));
        assertNewSpansAreRight();
        final long after = machine.epochNs();
        open.end();
        assertNear(before, last().startNs(), NEAR);
        assertNear(after - before, last().durationNs(), 2 * NEAR);
        live(5 * SECOND, CYCLE);
        assertEquals(1, traced.count(Counter.CLOCK_JUMPS));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void suspensionIsNotPartOfDurations(boolean isTsc) {
        final MachineClocks suspended = new MachineClocks(isTsc);
        traced.settings(suspended.configure(traced.config()));
        final Span open = traced.tracer().start(NAME);
        final long before = suspended.nanoTime();
        for (int i = 0; i < 400; i++) {
            suspended.run(CYCLE);
            traced.sink.housekeeping().doWork(suspended.nanoTime());
        }
        suspended.suspend(7 * HOUR);
        suspended.run(SECOND);
        traced.sink.housekeeping().doWork(suspended.nanoTime());
        assertEquals(isTsc ? 1 : 0, traced.count(Counter.CLOCK_JUMPS));
        traced.tracer().startDetached(NAME, SpanKind.INTERNAL, null).end();
        assertNear(suspended.epochNs(), last().startNs(), NEAR);
        open.end();
        assertNear(suspended.nanoTime() - before, last().durationNs(), 2 * NEAR);
    }

    @Test
    void nanoTimeThatGoesBackBeginsALine() {
        final MachineClocks restored = new MachineClocks(false);
        traced.settings(restored.configure(traced.config()));
        final Span open = traced.tracer().start(NAME);
        restored.run(2 * SECOND);
        traced.sink.housekeeping().doWork(restored.nanoTime());
        restored.suspend(HOUR);
        restored.run(-2 * HOUR);
        restored.stepWallClock(2 * HOUR);
        traced.sink.housekeeping().doWork(restored.nanoTime());
        assertEquals(1, traced.count(Counter.CLOCK_JUMPS));
        restored.run(SECOND);
        traced.tracer().startDetached(NAME, SpanKind.INTERNAL, null).end();
        assertNear(restored.epochNs(), last().startNs(), NEAR);
        open.end();
        assertNear(3 * SECOND, last().durationNs(), 2 * NEAR);
    }

    @Test
    void logsTheFirstJumpAndCountsAll() {
        final Tracer tracer = tracer();
        live(2 * SECOND, CYCLE);
        final Span open = tracer.start(NAME);
        final long before = machine.epochNs();
        final List<String> logged = TracerFixture.logOf(() -> {
            for (int i = 0; i < 40; i++) {
                machine.jump(i % 3 == 0 ? -30 * HOUR : 20 * HOUR);
                live(2 * SECOND, CYCLE);
            }
        });
        assertEquals(1, logged.size(), logged::toString);
        assertTrue(logged.get(0).startsWith("WARNING the clock of spans jumped by -"), logged::toString);
        assertTrue(tracer.describe().contains("clock: machine of a test, jumped 40 times"), tracer::describe);
        assertEquals(40, traced.count(Counter.CLOCK_JUMPS));
        assertNewSpansAreRight();
        final long after = machine.epochNs();
        open.end();
        assertTrue(last().durationNs() >= 0 && last().durationNs() <= after - before + 5 * NEAR, () -> "" + last());
    }

    @Test
    void interruptionsAndSlewsAreNoJumps() {
        tracer();
        live(30 * SECOND, CYCLE);
        machine.slewWallClock(500);
        live(30 * SECOND, CYCLE);
        final long stale = machine.nanoTime();
        machine.run(9 * SECOND); // between the readings of the two clocks
        traced.sink.housekeeping().doWork(stale);
        machine.run(600 * SECOND); // the process is stopped
        live(30 * SECOND, CYCLE);
        assertEquals(0, traced.count(Counter.CLOCK_JUMPS));
        assertNewSpansAreRight();
    }

    @Test
    void followsAFasterWallClockEachSecond() {
        final Tracer tracer = tracer();
        machine.slewWallClock(500);
        final int before = tracer.file().anchors().current();
        for (int second = 0; second < 120; second++) {
            live(SECOND, 100 * MILLI);
            tracer.start(NAME).end();
            assertNear(machine.epochNs(), last().startNs(), NEAR);
        }
        assertTrue(tracer.file().anchors().current() - before > 100);
        assertEquals(0, traced.count(Counter.CLOCK_JUMPS));
    }

    @ParameterizedTest
    @CsvSource({"3600, 0, 24", "-3600, 0, 24", "0, 500, 2", "0, -500, 2"})
    void traceOfDaysFollowsTheWallClock(long stepSeconds, long ppm, long hours) {
        final Tracer tracer = tracer();
        final long rootBegan = machine.epochNs();
        final long began = machine.nanoTime();
        final Span root = tracer.start(NAME);
        live(24 * HOUR, 10 * SECOND);
        final Span before = tracer.start(NAME);
        before.end();
        final Times early = last();
        machine.stepWallClock(stepSeconds * SECOND);
        machine.slewWallClock(ppm);
        live(hours * HOUR, 10 * SECOND);
        final Span child = tracer.start(NAME);
        final Span grandchild = tracer.start(NAME);
        machine.run(SECOND);
        grandchild.end();
        final Times inner = last();
        child.end();
        final Times middle = last();
        root.end();
        final Times outer = last();
        assertNear(rootBegan, outer.startNs(), NEAR);
        assertNear(machine.nanoTime() - began, outer.durationNs(), 60 * NEAR);
        assertNear(machine.epochNs() - SECOND, middle.startNs(), 50 * NEAR);
        assertTrue(outer.startNs() <= early.startNs() && early.startNs() <= middle.startNs());
        assertTrue(middle.startNs() <= inner.startNs() && inner.endNs() <= middle.endNs());
        assertNear(SECOND, inner.durationNs(), NEAR);
        assertNotEquals(outer.anchor(), middle.anchor());
        assertEquals(middle.anchor(), inner.anchor());
    }

    @Test
    void spanBegunAfterTheSetTimeKeepsItsAnchor() {
        final Tracer tracer = tracer();
        live(HOUR, 10 * SECOND);
        final Span root = tracer.start(NAME);
        live(HOUR + 120 * SECOND, 10 * SECOND);
        machine.stepWallClock(-3 * HOUR);
        live(HOUR, 10 * SECOND);
        tracer.start(NAME).end();
        final Times inner = last();
        root.end();
        assertTrue(last().startNs() <= inner.startNs(), "no child begins before its parent");
        assertEquals(last().anchor(), inner.anchor());
    }
}
