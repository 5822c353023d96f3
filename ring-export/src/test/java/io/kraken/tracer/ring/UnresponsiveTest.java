package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests that a collector that does not respond makes a service leak neither direct memory nor descriptors nor threads.
 */
class UnresponsiveTest {

    /** Allowance for buffers that the JDK's threads keep while they write from the heap. */
    private static final long SLACK_BYTES = 1 << 20;

    /** Allowance for connections and threads that are just ending. */
    private static final long SLACK = 3 * UnresponsiveMain.REQUESTS;

    private static final Pattern GREW =
            Pattern.compile("direct grew by (\\d+), descriptors by (\\d+), threads by (\\d+)");

    static List<Arguments> ways() {
        final List<Arguments> all = new ArrayList<>();
        for (Jdks.Jdk jdk : Jdks.found()) {
            for (UnresponsiveMain.Mode mode : UnresponsiveMain.Mode.values()) {
                all.add(Arguments.of(jdk, mode, "none"));
            }
            all.add(Arguments.of(jdk, UnresponsiveMain.Mode.SLOW, "gzip"));
        }
        return all;
    }

    @Test
    void hundredsOfTimeoutsLeakNothing() throws IOException, InterruptedException {
        timeOut(Jdks.found().get(0), UnresponsiveMain.Mode.SILENT, "none", 60);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}, {1}, compression {2}")
    @MethodSource("ways")
    void thousandsOfTimeoutsLeakNothing(Jdks.Jdk jdk, UnresponsiveMain.Mode mode, String compression)
            throws IOException, InterruptedException {
        timeOut(jdk, mode, compression, 250);
    }

    private static void timeOut(Jdks.Jdk jdk, UnresponsiveMain.Mode mode, String compression, int rounds)
            throws IOException, InterruptedException {
        final List<String> flags = List.of(
                "-XX:TieredStopAtLevel=1",
                "-XX:MaxDirectMemorySize=32m",
                "-XX:+DisableExplicitGC",
                "-XX:+UseSerialGC", // with a heap so large that almost nothing is collected
                "-Xms512m",
                "-Xmx512m",
                "-Xmn400m");
        final Forked run = Forked.run(
                jdk, UnresponsiveMain.class, flags, Map.of(), mode.name(), compression, String.valueOf(rounds));
        final int requests = rounds * UnresponsiveMain.REQUESTS;
        run.assertSays("rejected=" + UnresponsiveMain.SPANS * requests + " requests=" + requests
                + " lost=0 dropped=0 buffered=0");
        final Matcher grew = GREW.matcher(run.out());
        assertTrue(grew.find(), run::out);
        assertTrue(Long.parseLong(grew.group(1)) <= SLACK_BYTES, run::out);
        assertTrue(Long.parseLong(grew.group(2)) <= SLACK, run::out);
        assertTrue(Long.parseLong(grew.group(3)) <= SLACK, run::out);
    }
}
