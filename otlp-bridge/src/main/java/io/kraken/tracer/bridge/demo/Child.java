package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.ring.queue.Queues;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process of the demo with a program of ours in it. It is asked for things in lines, and answers each with a line; it
 * ends when nobody can ask any more, so that none is left behind whatever becomes of this process.
 */
final class Child implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 60;
    private static final int FIRST_WITH_NATIVE_ACCESS = 22;
    private static final String ARGUMENTS = "/META-INF/kraken-tracer/queue.args";

    private final String name;
    private final Process process;
    private final Writer questions;
    private final BufferedReader answers;

    private Child(String name, Process process) {
        this.name = name;
        this.process = process;
        questions = process.outputWriter(StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** With the class path of this process and the flags that queues need. What it complains about is shown. */
    static Child start(String name, List<String> flags, Class<?> main, List<String> arguments) throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(queueFlags());
        if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return new Child(
                name,
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
    }

    private static List<String> queueFlags() throws IOException {
        try (InputStream in = Queues.class.getResourceAsStream(ARGUMENTS);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    long pid() {
        return process.pid();
    }

    /** Waits for the answer; questions from several threads take turns. */
    synchronized String ask(String question) {
        try {
            questions.write(question + '\n');
            questions.flush();
            return answer();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " does not answer", e);
        }
    }

    /** What it says unasked. */
    String answer() throws IOException {
        final String line = answers.readLine();
        if (line == null) {
            throw new IOException(name + " has ended");
        }
        return line;
    }

    /** As kill -9 does. */
    void kill() {
        process.destroyForcibly();
        await();
    }

    /** As SIGTERM does; returns the exit code. */
    int terminate() {
        process.destroy();
        return await();
    }

    private int await() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
        return process.isAlive() ? -1 : process.exitValue();
    }

    /** Asks nothing more, and waits for its end. */
    @Override
    public void close() {
        try {
            questions.close();
        } catch (IOException e) {
            process.destroy();
        }
        await();
    }
}
