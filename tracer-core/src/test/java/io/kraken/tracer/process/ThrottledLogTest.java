package io.kraken.tracer.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThrottledLogTest {

    private final List<String> lines = new ArrayList<>();
    private long nowNs = -5; // System.nanoTime may start anywhere
    private final ThrottledLog log = new ThrottledLog(() -> nowNs, (line, thrown) -> lines.add(line));

    private void pass(long seconds) {
        nowNs += TimeUnit.SECONDS.toNanos(seconds);
    }

    private List<String> said() {
        final List<String> said = List.copyOf(lines);
        lines.clear();
        return said;
    }

    @Test
    void logsTheFirstOfAKindAndNoOtherForAMinute() {
        for (int i = 0; i < 1000; i++) {
            log.report("down", "main is down, try " + i);
            log.report("full", "the disk is full");
        }
        pass(59);
        log.report("full", "the disk is full");
        log.logDue();
        assertEquals(List.of("main is down, try 0", "the disk is full"), said());
    }

    @Test
    void logsTheLastOneWithACountAfterAMinute() {
        log.report("down", "a");
        log.report("down", "b");
        pass(60);
        log.report("down", "c");
        log.report("down", "d");
        assertEquals(List.of("a", "c (2 times in 60 s)"), said());
        pass(75);
        log.report("down", "e");
        assertEquals(List.of("e (2 times in 75 s)"), said());
    }

    @Test
    void logsCountedLinesWithoutFurtherEvents() {
        log.report("down", "a");
        log.report("down", "b");
        pass(60);
        log.logDue();
        log.logDue();
        assertEquals(List.of("a", "b (1 time in 60 s)"), said());
    }

    @Test
    void treatsAKindAsNewAfterAQuietMinute() {
        log.report("down", "a");
        pass(60);
        log.logDue();
        log.report("down", "b");
        assertEquals(List.of("a", "b"), said());
    }

    @Test
    void logsAllCountedLinesAtTheEnd() {
        log.report("down", "a");
        log.report("down", "b");
        pass(3);
        log.logAll();
        log.logAll();
        assertEquals(List.of("a", "b (1 time in 3 s)"), said());
    }

    @Test
    void mergesKindsBeyondTheMaximum() {
        for (int i = 0; i < 10 * ThrottledLog.MOST_KINDS; i++) {
            log.report("kind " + i, "message " + i);
        }
        assertTrue(lines.size() <= ThrottledLog.MOST_KINDS + 1, () -> "said " + lines.size());
        said();
        pass(60);
        log.logDue();
        assertEquals(List.of("message 639 (575 times in 60 s)"), said());
        pass(60);
        log.logDue();
        log.report("kind 639", "a kind of its own again");
        assertEquals(List.of("a kind of its own again"), said());
    }

    @Test
    void treatsAKindAsNewAfterAQuietMinuteWithoutPeriodicCalls() {
        log.report("a");
        log.report("b");
        pass(60);
        log.report("a");
        assertEquals(List.of("a", "b", "a"), said());
    }

    @Test
    void makesRoomForNewKindsWithoutPeriodicCalls() {
        for (int i = 0; i < ThrottledLog.MOST_KINDS; i++) {
            log.report("message " + i);
        }
        pass(60);
        said();
        log.report("new");
        log.report("newer");
        assertEquals(List.of("new", "newer"), said());
    }

    @Test
    void makesAMessageOneLineOfBoundedLength() {
        log.report("a\nforged \u202e line");
        log.report("x".repeat(100_000));
        assertEquals(List.of("a?forged ? line", "x".repeat(500) + "..."), said());
    }

    @Test
    void describesTheLastProblemLoggedOrNot() {
        assertEquals("", log.suffix());
        log.report("a");
        log.note("b\nc");
        assertEquals(", last problem: b?c", log.suffix());
        log.report("a");
        assertEquals(", last problem: a", log.suffix());
        assertEquals(List.of("a"), said());
    }

    @Test
    void passesTheExceptionOfALineThatIsLogged() {
        final List<Throwable> passed = new ArrayList<>();
        final ThrottledLog exceptions = new ThrottledLog(() -> nowNs, (line, thrown) -> passed.add(thrown));
        final Throwable first = new IllegalStateException();
        final Throwable last = new IllegalStateException();
        exceptions.report("kind", "a", first);
        exceptions.report("kind", "b", new IllegalStateException());
        pass(60);
        exceptions.report("kind", "c", last);
        assertEquals(List.of(first, last), passed);
    }
}
