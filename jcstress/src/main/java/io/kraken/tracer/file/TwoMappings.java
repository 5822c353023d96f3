package io.kraken.tracer.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A span file, and a second mapping of its bytes as in another process. */
public final class TwoMappings {

    private static final int RECORD_LENGTH = 256;
    private static final int CHUNKS = 2;

    public final SpanFile file;
    public final ByteBuffer other;
    private final SpanFileReader reader;

    private TwoMappings(SpanFile file, ByteBuffer other, SpanFileReader reader) {
        this.file = file;
        this.other = other;
        this.reader = reader;
    }

    /** Open spans, read by the shipped reader as those of a live process. */
    public SpanFileReader.Found open(SpanFileReader.Records to) {
        return reader.all(RecordLayout.OPEN, true, to);
    }

    /** Ended spans, read by the shipped reader as those of a live process. */
    public SpanFileReader.Found ended(SpanFileReader.Records to) {
        return reader.all(RecordLayout.DONE, true, to);
    }

    public static TwoMappings create() {
        return create(new SpanFileLayout.Shape(RECORD_LENGTH, CHUNKS, Mem.PAGE));
    }

    /** The files are deleted at once: the mappings keep the bytes. */
    public static TwoMappings create(SpanFileLayout.Shape shape) {
        try {
            final Path folder = Files.createTempDirectory("kraken-tracer-stress");
            final SpanFile made = SpanFile.create(folder, "stress", new SpanFileLayout(shape));
            final ByteBuffer mapped;
            try (FileChannel channel =
                    FileChannel.open(made.path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                mapped = channel.map(
                        FileChannel.MapMode.READ_WRITE, 0, made.layout().length());
            }
            made.begin(0, 0, 0, false);
            final SpanFileReader opened = SpanFileReader.open(made.path());
            Files.delete(made.path());
            Files.delete(Liveness.lockFile(made.path()));
            Files.delete(folder);
            return new TwoMappings(made, mapped.order(ByteOrder.LITTLE_ENDIAN), opened);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
