package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.Forked;
import io.kraken.tracer.ring.Jdks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bridge survives any damage of a queue's files and ships all undamaged documents. */
class DamageTest {

    private static final int SOME = 100;
    private static final int MANY = 300;
    private static final Pattern SAID = Pattern.compile("cases=(\\d+) shipped=(\\d+) lost=(\\d+) aside=(\\d+)");

    @TempDir
    Path folder;

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    private void run(Jdks.Jdk jdk, long seed, int cases) throws IOException, InterruptedException {
        final Path work = Files.createDirectory(folder.resolve("work-" + seed));
        final List<String> flags = new ArrayList<>(QueueArguments.read());
        flags.addAll(List.of(
                "-ea",
                "-Xmx512m",
                "-XX:ErrorFile=" + work.resolve("crash.log"),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-D" + BridgeDamageMain.FOLDER + "=" + work,
                "-D" + BridgeDamageMain.SEED + "=" + seed,
                "-D" + BridgeDamageMain.CASES + "=" + cases));
        final Forked forked = Forked.run(jdk, BridgeDamageMain.class, flags, Map.of());
        assertEquals(0, forked.exit(), forked.err());
        final Matcher numbers = SAID.matcher(forked.out());
        assertTrue(numbers.matches(), forked.out());
        assertEquals(cases, Integer.parseInt(numbers.group(1)));
        // Most spans are undamaged, but some are lost.
        assertTrue(Long.parseLong(numbers.group(2)) > Long.parseLong(numbers.group(3)), forked.out());
        assertTrue(Long.parseLong(numbers.group(3)) > 0, forked.out());
        assertTrue(Integer.parseInt(numbers.group(4)) > cases / 10, forked.out());
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void losesOnlyDocumentsAfterTheDamage(Jdks.Jdk jdk) throws Exception {
        run(jdk, jdk.feature(), SOME);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("jdks")
    void losesOnlyDocumentsAfterTheDamageInManyCases(Jdks.Jdk jdk) throws Exception {
        run(jdk, 1000L + jdk.feature(), MANY);
    }
}
