package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs fuzz targets on bytes: a few random inputs always, Jazzer's with the profile fuzz. A subclass has a static
 * method {@code targets} that lists classes with one static method, {@code fuzzerTestOneInput}.
 */
public abstract class Fuzzing {

    private static final int ROUNDS = 1_000;
    private static final String FUZZER = "com.code_intelligence.jazzer.Jazzer";

    /** Writes the fuzzer's initial corpus. */
    protected void seed(Class<?> target, Path corpus) throws IOException {}

    @ParameterizedTest
    @MethodSource("targets")
    final void randomBytesDoNoHarm(Class<?> target) throws ReflectiveOperationException {
        final Method method = target.getMethod("fuzzerTestOneInput", byte[].class);
        final Random random = new Random(target.getName().hashCode());
        for (int round = 0; round < ROUNDS; round++) {
            final byte[] data = new byte[random.nextInt(random.nextInt(10) == 0 ? 5_000 : 200)];
            random.nextBytes(data);
            method.invoke(null, data);
        }
    }

    @ParameterizedTest
    @MethodSource("targets")
    @Tag("fuzz")
    @Timeout(value = 1, unit = TimeUnit.DAYS) // the fuzzer has a limit of its own
    final void theFuzzerFindsNothing(Class<?> target, @TempDir Path directory)
            throws IOException, InterruptedException {
        final Path log = directory.resolve("log");
        final Path corpus = Path.of(System.getProperty("fuzz.corpus"), target.getSimpleName());
        Files.createDirectories(corpus);
        seed(target, corpus);
        final Process fuzzer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-ea",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FUZZER,
                        "--target_class=" + target.getName(),
                        "--instrumentation_includes=io.kraken.**",
                        "--reproducer_path=" + corpus.getParent(),
                        "-artifact_prefix=" + corpus.getParent() + "/" + target.getSimpleName() + "-",
                        "-max_total_time=" + System.getProperty("fuzz.seconds"),
                        corpus.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        final int exit;
        try {
            exit = fuzzer.waitFor();
        } finally {
            fuzzer.destroyForcibly();
        }
        final List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
        final int from = Math.max(0, lines.size() - 60);
        assertEquals(0, exit, () -> String.join("\n", lines.subList(from, lines.size())));
        System.out.println(target.getSimpleName() + " " + lines.get(lines.size() - 1)); // allow:console summary
    }
}
