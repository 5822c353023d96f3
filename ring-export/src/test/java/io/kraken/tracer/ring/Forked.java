package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program in a separate JVM, as a service would run it: with a class path and the given flags. */
public record Forked(int exit, String out, String err) {

    private static final int PATIENCE_SECONDS = 90;

    public static Forked run(
            Jdks.Jdk jdk, Class<?> main, List<String> flags, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(jdk.java().toString()));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        final Path out = Files.createTempFile("forked", ".out");
        final Path err = Files.createTempFile("forked", ".err");
        try {
            final ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment()
                    .keySet()
                    .removeIf(name -> name.matches("(JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|OTEL_.*|KRAKEN_.*)"));
            builder.environment().putAll(environment);
            final Process process = builder.start();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("still running after " + PATIENCE_SECONDS + " s: " + read(out) + read(err));
            }
            return new Forked(process.exitValue(), read(out), read(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.UTF_8);
    }

    /** Asserts exit code 0 and an empty standard error. */
    public Forked assertQuiet() {
        assertEquals("", err, out);
        assertEquals(0, exit, out);
        return this;
    }

    public Forked assertSays(String text) {
        assertTrue(out.contains(text), () -> "missing in the output: " + text + "\n" + out);
        return this;
    }
}
