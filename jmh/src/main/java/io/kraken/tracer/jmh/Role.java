package io.kraken.tracer.jmh;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process that plays a part beside the others: it is asked by a line and answers with one, and ends when nobody can
 * ask any more.
 */
final class Role implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final String name;
    private final Process process;
    private final BufferedReader answers;

    /** @param processor where it runs, alone among ours if there are enough; negative: anywhere */
    Role(String name, int processor, List<String> command) throws IOException {
        this.name = name;
        final List<String> whole = new ArrayList<>();
        if (processor >= 0 && hasTaskset()) {
            whole.addAll(List.of("taskset", "-c", Integer.toString(processor)));
        }
        whole.addAll(command);
        process = new ProcessBuilder(whole)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        answers = process.inputReader();
    }

    static boolean hasTaskset() {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(folder, "taskset"))) {
                return true;
            }
        }
        return false;
    }

    long pid() {
        return process.pid();
    }

    String ask() throws IOException {
        begin();
        return answer();
    }

    /** Asks, and does not wait for the {@link #answer}. */
    void begin() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    boolean hasAnswered() throws IOException {
        return answers.ready() || !process.isAlive();
    }

    String answer() throws IOException {
        final String line = answers.readLine();
        if (line == null) {
            throw new IOException(name + " has ended too early");
        }
        return line;
    }

    /** In the process itself: one answer at once, and one for each time that it is asked. */
    static void play(Iterable<String> answers) throws IOException {
        final BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String answer : answers) {
            System.out.println(answer);
            if (questions.readLine() == null) {
                return;
            }
        }
    }

    /** Lets it end, and waits for that. */
    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
