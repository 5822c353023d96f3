package io.kraken.tracer.jmh;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Controller of a helper process: it is asked by a line and answers with one, and ends when its input ends. */
final class Role implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final String name;
    private final Process process;
    private final BufferedReader answers;

    /** @param processor the processor it is bound to, if there are enough; negative for any */
    Role(String name, int processor, List<String> command) throws IOException {
        this.name = name;
        final List<String> fullCommand = new ArrayList<>();
        if (processor >= 0 && hasTaskset()) {
            fullCommand.addAll(List.of("taskset", "-c", Integer.toString(processor)));
        }
        fullCommand.addAll(command);
        process = new ProcessBuilder(fullCommand)
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

    /** Sends a request without waiting for the {@link #answer}. */
    void begin() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    boolean hasAnswered() throws IOException {
        return answers.ready() || !process.isAlive();
    }

    /** The next line; comments before it, which begin with #, are printed. */
    String answer() throws IOException {
        String line = answers.readLine();
        while (line != null && line.startsWith("#")) {
            System.out.println(line);
            line = answers.readLine();
        }
        if (line == null) {
            throw new IOException(name + " ended unexpectedly");
        }
        return line;
    }

    /** The last answer, sent after the last request. */
    String finish() throws IOException {
        process.getOutputStream().close();
        return answer();
    }

    /** Runs in the helper process: sends the first answer at once, and then one for each request. */
    static void play(String first, Supplier<String> others) throws IOException {
        final BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println(first);
        while (questions.readLine() != null) {
            System.out.println(others.get());
        }
    }

    /** Encodes a value as one line. */
    static String encode(Serializable value) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** Decodes the value of such a line. */
    static <T> T decode(String answer, Class<T> type) throws IOException {
        try (ObjectInputStream in = new ObjectInputStream(
                new ByteArrayInputStream(Base64.getDecoder().decode(answer)))) {
            return type.cast(in.readObject());
        } catch (ClassNotFoundException e) {
            throw new IOException(e);
        }
    }

    /** Ends the process and waits for it. */
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
