package io.kraken.tracer;

import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.process.ContainerLimits;
import io.kraken.tracer.text.Symbols;

/**
 * The size of a span file: as set, or smaller where memory or file system bound it. The file is memory of the process's
 * container, so the default number of records is bounded by a small share of that as well.
 */
final class SpanFileShape {

    /** The size of a file system that is unknown. */
    static final long UNBOUNDED = Long.MAX_VALUE;

    private static final int LEAST_CHUNKS = 2;
    /** Part of the memory of the container. */
    private static final int MEMORY_SHARE = 16;
    /** Part of the file system, which leaves room for the files of four dead processes that are kept beside it. */
    private static final int FILE_SYSTEM_SHARE = 8;
    /**
     * The fewest chunks after halving. With fewer, a service with dozens of threads would drop more than it records, as
     * each thread keeps a chunk for itself; memory without a file is better then.
     */
    private static final int LEAST_CHUNKS_OF_HALF = 64;

    private final TracerConfig config;
    private final long most;

    private SpanFileShape(TracerConfig config) {
        this.config = config;
        most = (long) config.get(TracerConfig.MEMORY_MEGABYTES) << 20;
    }

    /**
     * @param fileSystemBytes the size of the file system of the file
     * @throws IllegalArgumentException if even the smallest file does not fit
     */
    static SpanFileLayout of(TracerConfig config, long fileSystemBytes) {
        return new SpanFileShape(config).fit(fileSystemBytes);
    }

    /** A layout with half the records, if there is no room for all; null if that is too few to be of use. */
    static SpanFileLayout half(SpanFileLayout layout) {
        final SpanFileLayout.Shape shape = layout.shape();
        final int chunks = Math.max(shape.chunks() / 2, LEAST_CHUNKS_OF_HALF);
        return chunks >= shape.chunks()
                ? null
                : new SpanFileLayout(new SpanFileLayout.Shape(shape.recordLength(), chunks, shape.symbolsLength()));
    }

    private SpanFileLayout fit(long fileSystemBytes) {
        final SpanFileLayout least = layout(LEAST_CHUNKS);
        final int asked = asked(least.length(), fileSystemBytes);
        if (most == 0) {
            return layout(asked);
        }
        if (least.length() > most) {
            final String problem = TracerConfig.MEMORY_MEGABYTES + " is " + (most >> 20)
                    + ", less than the smallest span file takes, " + least.length() + " bytes";
            config.problem(problem);
            throw new IllegalArgumentException(problem);
        }
        final int chunks = Math.min(asked, fitting(most, least.length()));
        if (chunks < asked) {
            config.warn(TracerConfig.MEMORY_MEGABYTES + " is " + (most >> 20) + ": " + TracerConfig.RECORDS + " is "
                    + chunks * SpanFileLayout.CHUNK_RECORDS + " instead of " + asked * SpanFileLayout.CHUNK_RECORDS);
        }
        return layout(chunks);
    }

    private int asked(int least, long fileSystemBytes) {
        final int records = config.records();
        final int chunks =
                Math.max(LEAST_CHUNKS, (records + SpanFileLayout.CHUNK_RECORDS - 1) / SpanFileLayout.CHUNK_RECORDS);
        if (config.get(TracerConfig.RECORDS) != 0) {
            return chunks;
        }
        final long ofMemory = config.containerLimits().memoryBytes() / MEMORY_SHARE;
        final long ofFileSystem = fileSystemBytes / FILE_SYSTEM_SHARE;
        final int fitting = fitting(Math.min(ofMemory, ofFileSystem), least);
        if (fitting < chunks) {
            config.sizeNote(
                    ofMemory < ofFileSystem
                            ? "a sixteenth of the container's memory"
                            : "an eighth of the file system's " + ContainerLimits.megabytes(fileSystemBytes));
        }
        return Math.min(chunks, fitting);
    }

    /** The number of chunks of a file of at most this many bytes; at least the fewest allowed. */
    private int fitting(long bytes, long least) {
        final long page = Mem.PAGE;
        final long chunk = SpanFileLayout.chunkLength(config.get(TracerConfig.RECORD_LENGTH));
        return (int) Math.min(Integer.MAX_VALUE, Math.max(0, bytes - least - page) / chunk + LEAST_CHUNKS);
    }

    private SpanFileLayout layout(int chunks) {
        final int symbols = Mem.align(Symbols.process().capacity(), Mem.PAGE);
        return new SpanFileLayout(new SpanFileLayout.Shape(config.get(TracerConfig.RECORD_LENGTH), chunks, symbols));
    }
}
