package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.index.IndexScratch;
import io.kraken.tracer.bridge.index.IndexedTraces;
import io.kraken.tracer.bridge.index.TraceIndexMerge;
import io.kraken.tracer.bridge.index.TraceIndexWriter;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Random;

/** A process that writes one index after another until it is killed, and prints how far each has been written. */
final class KilledIndexMain {

    /** Number of documents of an index. */
    static final int DOCUMENTS = 3_000;

    private static final int MOST_OF_A_FLUSH = 200;

    private KilledIndexMain() {}

    /** Arguments: the directory, the seed of the documents. */
    public static void main(String[] args) {
        final PrintStream out = System.out; // allow:console what the test reads
        final Path directory = Path.of(args[0]);
        final IndexedTraces traces = new IndexedTraces(Long.parseLong(args[1]));
        final IndexScratch scratch = new IndexScratch();
        final Random random = new Random();
        try (TraceIndexWriter writer = new TraceIndexWriter(scratch)) {
            for (int number = 0; ; number++) {
                final Path file = directory.resolve("index-" + number);
                writer.begin(file, 0);
                for (int sequence = 0; sequence < DOCUMENTS; sequence++) {
                    traces.add(writer, sequence);
                    if (random.nextInt(MOST_OF_A_FLUSH) == 0 && writer.flush()) {
                        out.println(number + " " + sequence);
                    }
                }
                if (!writer.seal() || !TraceIndexMerge.merge(file, scratch)) {
                    throw new IllegalStateException("cannot finish index " + number);
                }
            }
        }
    }
}
