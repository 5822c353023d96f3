package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.Jdks;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A separate JVM with an empty home and working directory. */
final class QueueJvm {

    private static final int PATIENCE_SECONDS = 100;

    final Process process;
    private final Path folder;

    private QueueJvm(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
    }

    static List<String> argumentFile() {
        try {
            final Path file = Path.of(Queues.class
                    .getResource("/META-INF/kraken-tracer/queue.args")
                    .toURI());
            return List.of("@" + file);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static QueueJvm start(Jdks.Jdk jdk, List<String> flags, Path folder, Class<?> main, Object... arguments)
            throws IOException {
        final Path home = Files.createDirectories(folder.resolve("home"));
        final Path work = Files.createDirectories(folder.resolve("parent").resolve("work"));
        final List<String> command = new ArrayList<>(List.of(jdk.java().toString(), "-Duser.home=" + home));
        command.addAll(flags);
        command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path"), main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        final ProcessBuilder builder = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().keySet().removeIf(name -> name.matches("JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS"));
        builder.environment().put("HOME", home.toString());
        return new QueueJvm(builder.start(), folder);
    }

    /**
     * Asserts that the process ends by itself, prints only its program's output and leaves no files behind; returns the
     * output.
     */
    String outputOfQuietRun() throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("still running: " + read("out") + read("err"));
        }
        final String out = read("out");
        assertEquals("", read("err"), out);
        assertEquals(0, process.exitValue(), out);
        assertEquals(List.of("work"), names(folder.resolve("parent")));
        assertEquals(List.of(), names(folder.resolve("parent").resolve("work")));
        assertEquals(List.of(), names(folder.resolve("home")));
        return out;
    }

    /** Asserts that the process ends by itself; returns its standard error. */
    String errorOutput() throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("still running: " + read("out") + read("err"));
        }
        assertEquals(0, process.exitValue(), read("err"));
        return read("err");
    }

    String out() throws IOException {
        return read("out");
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    private String read(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    private static List<String> names(Path directory) throws IOException {
        final List<String> names = new ArrayList<>();
        try (var files = Files.newDirectoryStream(directory)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        return names;
    }
}
