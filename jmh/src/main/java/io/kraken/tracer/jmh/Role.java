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

    /** The next line; remarks before it, which begin with #, are printed. */
    String answer() throws IOException {
        String line = answers.readLine();
        while (line != null && line.startsWith("#")) {
            System.out.println(line);
            line = answers.readLine();
        }
        if (line == null) {
            throw new IOException(name + " has ended too early");
        }
        return line;
    }

    /** The last answer, of what is done after the last question. */
    String finish() throws IOException {
        process.getOutputStream().close();
        return answer();
    }

    /** In the process itself: the first answer at once, and then one for each time that it is asked. */
    static void play(String first, Supplier<String> others) throws IOException {
        final BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println(first);
        while (questions.readLine() != null) {
            System.out.println(others.get());
        }
    }

    /** As an answer of one line. */
    static String encode(Serializable value) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** The value of such an answer. */
    static <T> T decode(String answer, Class<T> type) throws IOException {
        try (ObjectInputStream in = new ObjectInputStream(
                new ByteArrayInputStream(Base64.getDecoder().decode(answer)))) {
            return type.cast(in.readObject());
        } catch (ClassNotFoundException e) {
            throw new IOException(e);
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
