package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.otlp.LineFile;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.LoggerFactory;

/**
 * Appends spans to a file as JSON, for the Collector's file receiver and for people. Writing is done by the calling
 * thread: a local file is the one destination that is not a network. What could not be written whole leaves nothing in
 * the file and is worth another try.
 */
final class FileDestination implements Destination {

    private static final Outcome TAKEN = new Outcome(Verdict.TAKEN, 0, 0, "", "");

    private final DestinationConfig config;
    private final LineFile file;

    FileDestination(DestinationConfig config) {
        this(config, new LineFile(config.file().path(), config.file().mostBytes()));
    }

    FileDestination(DestinationConfig config, LineFile file) {
        this.config = config;
        this.file = file;
    }

    @Override
    public DestinationConfig config() {
        return config;
    }

    @Override
    public RequestEncoder newEncoder() {
        return new JsonLines();
    }

    @Override
    public Exchange send(ByteBuffer request) {
        try {
            file.append(request.duplicate());
            return new CompletedExchange(TAKEN);
        } catch (IOException | RuntimeException e) {
            return new CompletedExchange(
                    new Outcome(Verdict.RETRY, 0, 0, "file", OtlpAnswer.tame(file.path() + ": " + e)));
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            LoggerFactory.getLogger(FileDestination.class).warn("{}: closing: {}", file.path(), e.toString());
        }
    }
}
