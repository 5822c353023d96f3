package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;

/**
 * Ended spans in memory, as encoders read them: the records of a batch, wherever each one is. Encoders that remove the
 * spans they have encoded take them off the end. Used by one thread.
 */
public interface SpanSource {

    int count();

    /**
     * The index of the span's record; together with the generation in its commit word it identifies the span among all
     * spans of the process.
     */
    int record(int span);

    /** The buffer that contains the span, little-endian. */
    ByteBuffer buffer(int span);

    /** Offset of the span in {@link #buffer}. */
    int offset(int span);

    /** End offset of the span, exclusive. Header and entries are contiguous; the entries have not been validated. */
    int endOffset(int span);

    /** Removes all but the first spans. */
    void truncate(int spans);
}
