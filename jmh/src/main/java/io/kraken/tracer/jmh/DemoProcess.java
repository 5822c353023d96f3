package io.kraken.tracer.jmh;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Controller of the process of a {@link DemoRun}: starts it, runs its rounds and fetches its result. */
final class DemoProcess implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final String side;
    private final Path result;
    private final ProcessBuilder builder;
    private Process process;
    private OutputStream orders;
    private BufferedReader answers;

    DemoProcess(String side, Options options) throws IOException {
        this.side = side;
        result = Files.createTempFile("kraken-demo-load", ".bin");
        final List<String> arguments = new ArrayList<>(
                options.with("side", side).with("result", result.toString()).without("rounds"));
        builder = new ProcessBuilder(ChildJvm.command(DemoLoad.class, arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    /** Starts the process; returns after its warm-up. */
    void start() throws IOException {
        System.out.println("  warming up: " + side);
        process = builder.start();
        orders = process.getOutputStream();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        await();
    }

    /** Runs a round; returns at its end. */
    void round() throws IOException {
        orders.write('\n');
        orders.flush();
        await();
    }

    private void await() throws IOException {
        String line = answers.readLine();
        while (line != null && !line.equals(DemoRun.DONE)) {
            System.out.println(line);
            line = answers.readLine();
        }
        if (line == null) {
            throw new IOException(side + " ended unexpectedly");
        }
    }

    DemoSide finish() throws IOException, InterruptedException {
        orders.close();
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            System.out.println(line);
        }
        final int exit = process.waitFor();
        if (exit != 0) {
            throw new IOException(side + " ended with exit code " + exit);
        }
        try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(result))) {
            return (DemoSide) in.readObject();
        } catch (ClassNotFoundException e) {
            throw new IOException(e);
        }
    }

    /** Ends the process, also after an error. */
    @Override
    public void close() throws IOException, InterruptedException {
        if (process != null && process.isAlive()) {
            orders.close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
        Files.deleteIfExists(result);
    }
}
