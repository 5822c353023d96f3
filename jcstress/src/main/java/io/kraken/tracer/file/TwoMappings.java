package io.kraken.tracer.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A span file, and its bytes once more behind another mapping, as another process has them. */
public final class TwoMappings {

    private static final int RECORD_LENGTH = 256;
    private static final int STAGING_RECORDS = 64;

    public final SpanFile file;
    public final ByteBuffer other;

    private TwoMappings(SpanFile file, ByteBuffer other) {
        this.file = file;
        this.other = other;
    }

    /** What the exporter has read of a lane, as another process sees it. */
    public long laneConsumedSlots(int lane) {
        return Mem.getLongAcquire(
                other, file.layout().laneHeaderOffset(lane) + SpanFileLayout.LANE_CONSUMED_SLOTS_OFFSET);
    }

    public static TwoMappings create() {
        return create(new SpanFileLayout.Shape(RECORD_LENGTH, STAGING_RECORDS, 1, 4, Mem.PAGE));
    }

    /** Nothing is left in the file system: the mappings keep the bytes. */
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
            Files.delete(made.path());
            Files.delete(folder);
            return new TwoMappings(made, mapped.order(ByteOrder.LITTLE_ENDIAN));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
