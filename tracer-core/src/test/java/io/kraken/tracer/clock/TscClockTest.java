package io.kraken.tracer.clock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Child;
import io.kraken.tracer.TracerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The clock chosen on this machine and JDK, and the reason. */
class TscClockTest {

    private static final boolean FOREIGN_FUNCTIONS = Runtime.version().feature() >= 22;

    /**
     * The first reason against the counter on this machine, in the order in which they are checked; null if there is
     * none.
     */
    private static String reasonHere(boolean nativeAccess) {
        if (!FOREIGN_FUNCTIONS) {
            return "the time stamp counter needs Java 22 or later";
        }
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            return "the time stamp counter is used on Linux on x86-64 only";
        }
        if (!text("/sys/devices/system/clocksource/clocksource0/current_clocksource")
                .equals("tsc\n")) {
            return "the kernel's own clock source is not the time stamp counter";
        }
        if (!text("/proc/cpuinfo").contains("nonstop_tsc")) {
            return "this processor's time stamp counter is not invariant";
        }
        return nativeAccess ? null : "native access is not enabled: --enable-native-access=ALL-UNNAMED allows";
    }

    private static String text(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            return "";
        }
    }

    private static String line(String description, String start) {
        return description
                .lines()
                .filter(line -> line.startsWith(start))
                .findFirst()
                .orElse("");
    }

    @Test
    void nanoClockTicksLikeNanoTime() {
        final List<String> warnings = new ArrayList<>();
        final TickClock clock = TscClock.choose("nanotime", "kraken.tracer.clock", warnings::add);
        assertFalse(clock.isTsc());
        assertEquals("System.nanoTime (set by kraken.tracer.clock)", clock.describe());
        assertEquals(List.of(), warnings);
        final long before = System.nanoTime();
        final long ticks = clock.ticks();
        assertTrue(before <= ticks && ticks <= System.nanoTime());
    }

    @Test
    void nanoTimeCanBeForced() {
        final TracerConfig config =
                new TracerConfig().with(TracerConfig.CLOCK, "nanotime").conclude();
        assertEquals(
                "System.nanoTime (set by kraken.tracer.clock)", config.clock().describe());
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void unavailableCounterIsAWarning() {
        final String described = Child.run(List.of(), List.of(), "clock", "tsc");
        assertTrue(line(described, "clock:").startsWith("clock: System.nanoTime (" + reasonHere(false)), described);
        final String expected = "warning: kraken.tracer.clock is 'tsc', but " + reasonHere(false);
        assertTrue(line(described, "warning:").startsWith(expected), described);
        assertEquals(
                1, described.lines().filter(line -> line.startsWith("warning:")).count(), described);
    }

    @Test
    void usesTheCounterIfSafeWithNativeAccess() {
        final List<String> allowed = FOREIGN_FUNCTIONS ? List.of("--enable-native-access=ALL-UNNAMED") : List.of();
        final String reason = reasonHere(true);
        final String safe = "time stamp counter (invariant, the kernel's own clock source, native access enabled)";
        for (String wanted : List.of("auto", "tsc", "nanotime")) {
            final String described = Child.run(List.of(), allowed, "clock", wanted);
            final String nanoTime = wanted.equals("nanotime") ? "set by kraken.tracer.clock" : reason;
            final String expected = nanoTime == null ? safe : "System.nanoTime (" + nanoTime + ')';
            assertEquals("clock: " + expected, line(described, "clock:"), described);
            assertEquals("a span's time: right", line(described, "a span's time"));
            final boolean warned = wanted.equals("tsc") && reason != null;
            assertEquals(warned, !line(described, "warning:").isEmpty(), described);
            assertEquals(!warned, described.startsWith("tracer: unknown_service:java\n"), "nothing else is printed");
        }
    }

    @Test
    void printsNothingWithoutNativeAccess() {
        final String described = Child.run(List.of(), List.of(), "clock", "auto");
        final String expected = "tracer: unknown_service:java\nclock: System.nanoTime (" + reasonHere(false);
        assertTrue(described.startsWith(expected), described);
    }
}
