package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.ring.otlp.LineFile;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.LoggerFactory;

/**
 * A transport that appends spans to a file as OTLP JSON, for the Collector's file receiver and for people. It writes on
 * the calling thread, because a local file does not block like a network does. A request that could not be written
 * completely leaves nothing in the file and is retried.
 */
final class FileTransport implements Transport {

    private static final Exchange TAKEN = new Completed(new Outcome(Outcome.Verdict.TAKEN, 0, 0, "", ""));

    private final LineFile file;

    FileTransport(LineFile file) {
        this.file = file;
    }

    @Override
    public Exchange send(ByteBuffer request) {
        try {
            file.append(request.duplicate());
            return TAKEN;
        } catch (IOException | RuntimeException e) {
            return new Completed(Outcome.failed("file", file.path() + ": " + e));
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            LoggerFactory.getLogger(FileTransport.class)
                    .warn("{}: cannot close the file: {}", file.path(), e.toString());
        }
    }
}
