package io.kraken.tracer.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kraken.tracer.jmh.RatiosMain.Side;
import io.kraken.tracer.ring.Forked;
import io.kraken.tracer.ring.Jdks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gates for the project's claims about speed, run in every build: exact bytes, and ratios with wide margins. */
class GatesTest {

    /** Number of JVMs: inlining differs between them, so a gate fails only when it fails in each. */
    private static final int ATTEMPTS = 4;

    private static final Set<String> ZERO_BY_DESIGN = Set.of(
            "bare",
            "kraken",
            "unsampled",
            "disabled",
            "nested",
            "failed",
            "full",
            "string.ascii",
            "string.latin1",
            "string.wide",
            "encoding");

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    private static Forked run(Jdks.Jdk jdk, Class<?> main) throws IOException, InterruptedException {
        final List<String> flags = new ArrayList<>(Defaults.JVM_ARGUMENTS);
        flags.addAll(List.of("-Xms256m", "-Xmx256m"));
        return Forked.run(jdk, main, flags, Map.of()).assertQuiet();
    }

    /** The program's figures: a name and a number in each line; other lines are comments. */
    private static Map<String, Double> figures(Forked run) {
        final Map<String, Double> figures = new LinkedHashMap<>();
        run.out().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            final String[] parts = line.split(" ");
            figures.put(parts[0], Double.valueOf(parts[1]));
        });
        return figures;
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void nativeApiDoesNotAllocate(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final Map<String, Double> bytes = figures(run(jdk, AllocationMain.class));
        assertTrue(bytes.remove("theirs") > 0, "the measurement must detect allocations");
        assertEquals(ZERO_BY_DESIGN, bytes.keySet());
        bytes.values().removeIf(allocated -> allocated == 0);
        assertEquals(Map.of(), bytes, "bytes allocated");
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void everyRatioIsWithinItsLimit(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final Set<Gate> above = EnumSet.allOf(Gate.class);
        final List<String> seen = new ArrayList<>();
        for (int attempt = 1; attempt <= ATTEMPTS && !above.isEmpty(); attempt++) {
            final Forked run = run(jdk, RatiosMain.class);
            final boolean counter = run.out().contains("# clock: time stamp counter");
            final Map<Side, Double> times = new EnumMap<>(Side.class);
            figures(run).forEach((side, ns) -> times.put(Side.valueOf(side), ns));
            assumeTrue(
                    times.get(Side.CLOCKS) < times.get(Side.THEIR_BARE) / 2,
                    "reading this machine's clock takes longer than the rest of a span");
            above.forEach(gate -> seen.add(gate.describe(times, counter)));
            above.removeIf(gate -> gate.ratio(times) <= gate.limit(counter));
        }
        System.out.println("gates on " + jdk + ": " + seen); // allow:console what was measured belongs in the log
        assertEquals(Set.of(), above, () -> "above the limit in each of " + ATTEMPTS + " JVMs: " + seen);
    }
}
