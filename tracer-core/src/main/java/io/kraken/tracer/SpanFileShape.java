package io.kraken.tracer;

import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.SpanFileLayout;

/** How large a span file is: as the settings say, or smaller where they bound it. */
final class SpanFileShape {

    private static final int LEAST_CHUNKS = 2;
    /**
     * With fewer, a service with some dozens of threads would drop more than it records: each thread keeps a chunk for
     * itself. Memory without a file serves it better then.
     */
    private static final int LEAST_CHUNKS_OF_HALF = 64;

    private final TracerConfig config;
    private final long most;

    private SpanFileShape(TracerConfig config) {
        this.config = config;
        most = (long) config.get(TracerConfig.MEMORY_MEGABYTES) << 20;
    }

    /** @throws IllegalArgumentException when it does not fit, however small it is made */
    static SpanFileLayout of(TracerConfig config) {
        return new SpanFileShape(config).fit();
    }

    /** With half the records, where there is no room for all; null when it would have too few to be of use. */
    static SpanFileLayout half(SpanFileLayout layout) {
        final SpanFileLayout.Shape shape = layout.shape();
        final int chunks = Math.max(shape.chunks() / 2, LEAST_CHUNKS_OF_HALF);
        return chunks >= shape.chunks()
                ? null
                : new SpanFileLayout(new SpanFileLayout.Shape(shape.recordLength(), chunks, shape.symbolsLength()));
    }

    private SpanFileLayout fit() {
        final int records = config.records();
        final int asked =
                Math.max(LEAST_CHUNKS, (records + SpanFileLayout.CHUNK_RECORDS - 1) / SpanFileLayout.CHUNK_RECORDS);
        if (most == 0) {
            return layout(asked);
        }
        final SpanFileLayout least = layout(LEAST_CHUNKS);
        if (least.length() > most) {
            final String problem = TracerConfig.MEMORY_MEGABYTES + " is " + (most >> 20)
                    + ", less than the smallest span file takes, " + least.length() + " bytes";
            config.problem(problem);
            throw new IllegalArgumentException(problem);
        }
        final int chunks = Math.min(asked, fitting(least.length()));
        if (chunks < asked) {
            config.warn(TracerConfig.MEMORY_MEGABYTES + " is " + (most >> 20) + ": " + TracerConfig.RECORDS + " is "
                    + chunks * SpanFileLayout.CHUNK_RECORDS + " instead of " + asked * SpanFileLayout.CHUNK_RECORDS);
        }
        return layout(chunks);
    }

    /** Chunks of which the file is no larger than it may be. */
    private int fitting(long least) {
        final long page = Mem.PAGE;
        final long chunk = SpanFileLayout.chunkLength(config.get(TracerConfig.RECORD_LENGTH));
        return (int) Math.min(Integer.MAX_VALUE, Math.max(0, most - least - page) / chunk + LEAST_CHUNKS);
    }

    private SpanFileLayout layout(int chunks) {
        final int symbols = Mem.align(Symbols.process().capacity(), Mem.PAGE);
        return new SpanFileLayout(new SpanFileLayout.Shape(config.get(TracerConfig.RECORD_LENGTH), chunks, symbols));
    }
}
