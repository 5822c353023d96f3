package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.LineFile;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.LoggerFactory;

/**
 * A destination that appends spans to a file as OTLP JSON, for the Collector's file receiver and for people. It writes
 * on the calling thread, because a local file does not block like a network does. A request that could not be written
 * completely leaves nothing in the file and is retried.
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
            LoggerFactory.getLogger(FileDestination.class)
                    .warn("{}: cannot close the file: {}", file.path(), e.toString());
        }
    }
}
