package io.kraken.tracer.jmh;

import io.kraken.tracer.bridge.index.IndexScratch;
import io.kraken.tracer.bridge.index.TraceIndexWriter;
import io.kraken.tracer.ring.Batch;
import io.kraken.tracer.ring.RingExport;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.BatchWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The records of {@link EncodingBenchmark} as documents of a queue, checksum included, without the queue; and the
 * bridge's reading, indexing and encoding of them. The time is that of one span.
 */
public class DocumentBenchmark extends Defaults {

    /** Writes documents where {@link EncodingBenchmark} writes requests. */
    @State(Scope.Thread)
    public static class Writing extends EncodingBenchmark.Records {

        private final ByteBuffer out = BatchWriter.newBuffer();
        private final List<ByteBuffer> kept = new ArrayList<>();
        private BatchWriter writer;
        private boolean keeping;

        @Override
        void attach(RingExport.Environment found) {
            writer = new BatchWriter(found.file(), found.config().resource());
        }

        @Override
        int encode() {
            final Batch batch = batch();
            int spans = 0;
            int bytes = 0;
            for (int from = 0; from < batch.count(); ) {
                from += writer.write(batch, from, out);
                spans += writer.records();
                bytes += out.remaining();
                if (keeping) {
                    kept.add(ByteBuffer.allocateDirect(out.remaining())
                            .put(0, out, 0, out.remaining())
                            .order(out.order()));
                }
            }
            batch.clear();
            shipped(spans);
            return bytes;
        }
    }

    /** Documents as read from a queue, each of {@link EncodingBenchmark#SPANS} spans. */
    @State(Scope.Thread)
    public static class Documents {

        private final BatchReader reader = new BatchReader();
        private final DocumentEncoder encoder = new DocumentEncoder();
        private final ByteBuffer received = BatchWriter.newBuffer();
        private final ByteBuffer out = encoder.newBuffer(4 << 20);
        private ByteBuffer[] documents;

        @Setup(Level.Trial)
        public void write() {
            final Writing writing = new Writing();
            writing.open();
            writing.record();
            writing.keeping = true;
            writing.encode();
            writing.keeping = false;
            writing.end();
            documents = writing.kept.toArray(new ByteBuffer[0]);
        }

        /** Copies a document from the queue's memory to the reader's. */
        private boolean receive(ByteBuffer document) {
            received.put(0, document, 0, document.capacity());
            return reader.wrap(received, 0, document.capacity());
        }

        int read() {
            int records = 0;
            for (ByteBuffer document : documents) {
                records += receive(document) ? reader.count() : 0;
                take(reader);
            }
            return checked(records);
        }

        void take(BatchReader document) {}

        int encode() {
            encoder.begin(out);
            for (ByteBuffer document : documents) {
                if (!receive(document) || encoder.add(reader, -1L) != 0) {
                    throw new IllegalStateException("not encoded: " + reader.refusal());
                }
            }
            return checked(encoder.finish());
        }

        private static int checked(int spans) {
            if (spans != EncodingBenchmark.SPANS) {
                throw new IllegalStateException(spans + " spans have arrived");
            }
            return spans;
        }
    }

    /** Documents that are added to one trace index after the other; an index is written, but not merged. */
    @State(Scope.Thread)
    public static class Indexing extends Documents {

        private static final int DOCUMENTS_OF_AN_INDEX = 1 << 12;

        private final TraceIndexWriter index = new TraceIndexWriter(new IndexScratch());
        private Path file;
        private int sequence;

        @Setup(Level.Trial)
        public void begin() throws IOException {
            file = Files.createTempFile("index", "");
            index.begin(file, 0);
        }

        @Override
        void take(BatchReader document) {
            if (sequence == DOCUMENTS_OF_AN_INDEX) {
                beginNext();
            }
            index.add(document, sequence++);
        }

        private void beginNext() {
            if (!index.seal() || !file.toFile().delete()) {
                throw new IllegalStateException("not indexed");
            }
            index.begin(file, 0);
            sequence = 0;
        }

        @TearDown(Level.Trial)
        public void end() throws IOException {
            index.close();
            Files.deleteIfExists(file);
        }
    }

    @Benchmark
    @OperationsPerInvocation(EncodingBenchmark.SPANS)
    public int write(Writing writing) {
        return writing.encode();
    }

    @Benchmark
    @OperationsPerInvocation(EncodingBenchmark.SPANS)
    public int read(Documents documents) {
        return documents.read();
    }

    @Benchmark
    @OperationsPerInvocation(EncodingBenchmark.SPANS)
    public int index(Indexing documents) {
        return documents.read();
    }

    @Benchmark
    @OperationsPerInvocation(EncodingBenchmark.SPANS)
    public int encode(Documents documents) {
        return documents.encode();
    }
}
