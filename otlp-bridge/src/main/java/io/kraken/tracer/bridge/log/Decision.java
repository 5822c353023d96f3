package io.kraken.tracer.bridge.log;

/**
 * What the bridge knows of one document of a queue: where it is and which of its records are shipped. The three sets of
 * records are disjoint; bit 0 is the first record. Reusable; single-threaded.
 */
public final class Decision {

    /** Index of the document. */
    public long index;
    /** Offset of the document in its queue file. */
    public long position;
    /** Length of the document; 0: the document could not be read. */
    public int length;
    /** All records of the document, and how many of them are malformed. */
    public int records;

    public int malformed;
    /** The number of the document in its process. */
    public long number;
    /** The latest end of a span in the document. */
    public long latestEndNs;
    /** Records whose trace was sampled at its root. */
    public long sampled;
    /** Records kept by the decision after the decision delay. */
    public long kept;
    /** Records kept later by a look back; each is listed in the {@link LateFile} as well. */
    public long late;
    /** Whether the decision has been made. */
    public boolean decided;

    /** Describes a document that could not be read. */
    public Decision clear() {
        position = 0;
        length = 0;
        records = 0;
        malformed = 0;
        number = 0;
        latestEndNs = 0;
        sampled = 0;
        kept = 0;
        late = 0;
        decided = true;
        return this;
    }

    /** The number of well-formed records that were not sampled at the root. */
    public int unsampled() {
        return records - malformed - Long.bitCount(sampled);
    }
}
