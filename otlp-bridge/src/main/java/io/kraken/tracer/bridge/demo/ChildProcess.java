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
 * A child process of the demo. It answers each line on its standard input with a line; it exits at the end of its
 * input, so that no process is left behind, however this process ends.
 */
final class ChildProcess implements AutoCloseable {

    private static final int TIMEOUT_SECONDS = 60;
    private static final int FIRST_WITH_NATIVE_ACCESS = 22;
    private static final String ARGUMENTS = "/META-INF/kraken-tracer/queue.args";

    private final String name;
    private final Process process;
    private final Writer questions;
    private final BufferedReader answers;

    private ChildProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        questions = process.outputWriter(StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts it with this process's class path and the flags that queues need; it shares standard error. */
    static ChildProcess start(String name, List<String> flags, Class<?> main, List<String> arguments)
            throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(queueFlags());
        if (Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return new ChildProcess(
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

    /** Sends a question and waits for the answer; calls from several threads are serialised. */
    synchronized String ask(String question) {
        try {
            questions.write(question + '\n');
            questions.flush();
            return answer();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " does not answer", e);
        }
    }

    /** Reads the next line. */
    String answer() throws IOException {
        final String line = answers.readLine();
        if (line == null) {
            throw new IOException(name + " has ended");
        }
        return line;
    }

    /** Kills the process, as kill -9 does. */
    void kill() {
        process.destroyForcibly();
        await();
    }

    /** Sends SIGTERM; returns the exit code. */
    int terminate() {
        process.destroy();
        return await();
    }

    private int await() {
        try {
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
        return process.isAlive() ? -1 : process.exitValue();
    }

    /** Closes its input and waits for its exit. */
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
