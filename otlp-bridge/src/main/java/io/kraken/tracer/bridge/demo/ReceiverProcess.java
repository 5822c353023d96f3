package io.kraken.tracer.bridge.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A receiver in a process of its own that can be killed and restarted on the same port. */
final class ReceiverProcess implements AutoCloseable {

    private static final List<String> FLAGS = List.of("-Xmx128m", "-XX:+UseSerialGC");

    private final Path folder;
    private final List<Path> logs = new ArrayList<>();
    private String endpoint;
    private int port;
    private ChildProcess child;

    ReceiverProcess(Path folder) throws IOException {
        this.folder = folder;
        start();
    }

    /** The main method of the receiver's process. Arguments: the port, and the file for received messages. */
    public static void main(String[] args) throws IOException {
        try (ReceivedLog log = new ReceivedLog(Path.of(args[1]));
                SpanReceiver receiver = new SpanReceiver(Integer.parseInt(args[0]), log::append)) {
            Answering.serve(receiver.endpoint(), any -> Long.toString(log.messages()));
        }
    }

    /** Starts it on the same port as before. */
    void start() throws IOException {
        final Path log = Files.createFile(folder.resolve("received-" + logs.size()));
        logs.add(log);
        child = ChildProcess.start(
                "receiver", FLAGS, ReceiverProcess.class, List.of(Integer.toString(port), log.toString()));
        endpoint = child.answer();
        port = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
    }

    void kill() {
        child.kill();
    }

    String endpoint() {
        return endpoint;
    }

    /** Everything that was received by all its processes. Call it after they have ended. */
    Received received() throws IOException {
        final Received received = new Received();
        for (Path log : logs) {
            ReceivedLog.read(log, received::take);
        }
        return received;
    }

    @Override
    public void close() {
        child.close();
    }
}
