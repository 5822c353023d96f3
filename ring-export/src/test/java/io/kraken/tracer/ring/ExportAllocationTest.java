package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.Key;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.BatchWriter;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** The allocation gate: recording and exporting allocate no byte, measured by the JVM's own counters. */
class ExportAllocationTest {

    private static final int WARM_UP = 200_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static long allocated() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    /** Spans of every shape; all their values are created beforehand. */
    private static final class Shapes {
        static final SpanName NAME = SpanName.of("shape");
        static final SpanName OTHER = SpanName.of("shape.other");
        static final Key.StringKey TEXT = Key.ofString("shape.text");
        static final Key.LongKey NUMBER = Key.ofLong("shape.number");
        static final Key.DoubleKey REAL = Key.ofDouble("shape.real");
        static final Key.BooleanKey BIT = Key.ofBoolean("shape.bit");
        static final Key.StringsKey TEXTS = Key.ofStrings("shape.texts");
        static final Key.LongsKey NUMBERS = Key.ofLongs("shape.numbers");
        static final Key.DoublesKey REALS = Key.ofDoubles("shape.reals");
        static final Key.BooleansKey BITS = Key.ofBooleans("shape.bits");

        private final String[] strings = {
            "ascii", "größe", "日本語", "\uD83D\uDC19", "lone \uD800", "x".repeat(3000), "ü".repeat(900), ""
        };
        private final String[] texts = {"a", null, "ß"};
        private final long[] numbers = {1, 2, 3};
        private final double[] reals = {0.5, Double.NaN};
        private final boolean[] bits = {true, false};
        private final String inlineKey = "k".repeat(300);
        private final String inlineName = "n".repeat(300);
        private final Exception thrown = new IllegalStateException("of the test");
        private final RemoteContext remote = new RemoteContext().set(1, 2, 3, 1);
        private final RemoteContext stated = new RemoteContext().set(1, 2, 3, 1).debug();
        private final boolean exceptions;
        private final Tracer tracer;
        long started;

        Shapes(Tracer tracer, boolean exceptions) {
            this.tracer = tracer;
            this.exceptions = exceptions;
        }

        static final int KINDS = 16;
        /** Number of spans started by one pass through all kinds. */
        static final int SPANS = KINDS + 3;

        /** Records at least this number of spans. */
        void many(int spans) {
            for (int done = 0; done <= spans; done += SPANS) {
                for (int kind = 0; kind < KINDS; kind++) {
                    one(kind);
                }
                started += SPANS;
            }
        }

        private void one(int kind) {
            if (kind < 8) {
                tracer.start(NAME)
                        .set(TEXT, strings[kind])
                        .set("shape.dynamic", strings[kind])
                        .end();
                return;
            }
            switch (kind) {
                case 8:
                    nested();
                    break;
                case 9:
                    try (Span span = tracer.start(NAME, SpanKind.CONSUMER, remote)) {
                        span.set(NUMBER, 1).set(REAL, 2).set(BIT, true).set("shape.dynamic.number", 4L);
                    }
                    break;
                case 10:
                    detached();
                    break;
                case 11:
                    arrays();
                    break;
                case 12:
                    details();
                    break;
                case 13:
                    inline();
                    break;
                case 14:
                    large();
                    break;
                default:
                    misuse();
            }
        }

        private void nested() {
            final Span outer = tracer.start(NAME, SpanKind.SERVER);
            final Span inner = tracer.start(OTHER, SpanKind.CLIENT, outer);
            final Span innermost = tracer.start("shape.at.run.time", SpanKind.INTERNAL);
            innermost.end();
            inner.ok().end();
            outer.error("größer").name(OTHER).end();
        }

        private void detached() {
            final Span span = tracer.startDetached(NAME, SpanKind.PRODUCER);
            final Scope scope = span.makeCurrent();
            tracer.start(OTHER).end();
            scope.close();
            span.set(TEXT, "x").status(StatusCode.OK, null).end();
        }

        private void arrays() {
            tracer.start(NAME)
                    .set(TEXTS, texts)
                    .set(NUMBERS, numbers)
                    .set(REALS, reals)
                    .set(BITS, bits)
                    .end();
        }

        private void details() {
            final Span span = tracer.start(NAME);
            span.event(OTHER).set(TEXT, "ü").set(NUMBER, 1).set(REAL, 2).set(BIT, false);
            span.event("shape.event.at.run.time").set(TEXT, "x");
            span.link(remote).set(NUMBER, 7);
            span.link(stated).set(NUMBER, 8);
            if (exceptions) {
                span.exception(thrown).set(TEXT, "more");
            }
            span.end();
        }

        private void inline() {
            tracer.start(inlineName, SpanKind.INTERNAL)
                    .set(inlineKey, "a")
                    .set(inlineKey, 2L)
                    .end();
        }

        /** A span that grows twice, reaches the limit of attributes and is compacted. */
        private void large() {
            final Span span = tracer.start(NAME);
            for (int i = 0; i < 200; i++) {
                span.set(NUMBER, i).set(TEXT, "some text to fill it up");
            }
            span.end();
        }

        private void misuse() {
            final Span span = tracer.start(NAME);
            span.end();
            span.set(TEXT, "late").end();
            span.event(OTHER).set(NUMBER, 1);
            span.set((Key.StringKey) null, "x");
        }
    }

    /**
     * Runs several rounds and needs one without allocation: the JVM itself allocates a name on a program thread when
     * compiled code meets a class for the first time, at an unknown moment. An allocation by our code would occur in
     * every round.
     */
    private static void assertNothingIsAllocated(String subject, LongSupplier roundOfBytes) {
        final List<Long> rounds = new ArrayList<>();
        do {
            rounds.add(roundOfBytes.getAsLong());
        } while (rounds.get(rounds.size() - 1) != 0 && rounds.size() < 4);
        assertEquals(0, rounds.get(rounds.size() - 1), "bytes allocated by " + subject + ", in rounds: " + rounds);
    }

    @Test
    void callersThreadDoesNotAllocateForSpansOfEveryShape() {
        final Harness<DiscardSink> rig =
                Harness.threaded(Harness.config().with(TracerConfig.FULL_WAIT_MICROS, 1_000_000), DiscardSink::new);
        final Shapes shapes = new Shapes(rig.tracer, true);
        shapes.many(WARM_UP);
        assertNothingIsAllocated("the caller", () -> {
            final long before = allocated();
            shapes.many(1_000_000);
            return allocated() - before;
        });
        final Ledger end = rig.close();
        assertEquals(shapes.started, end.started());
        assertEquals(end.started(), end.shipped(), "no span was dropped, every shape was exported");
        assertEquals(0, end.count(Counter.INTERNAL_ERRORS));
    }

    @Test
    void exporterDoesNotAllocateForSpansWithoutExceptions() {
        // The test supplies the wall clock: the JDK's own allocates an object at each reading, once a second.
        final Harness<DiscardSink> rig = Harness.driven(
                CoreAccess.ticks(Harness.config(), System::nanoTime, System::nanoTime), DiscardSink::new);
        final Shapes shapes = new Shapes(rig.tracer, false);
        exported(rig, shapes, WARM_UP);
        assertNothingIsAllocated("the exporter", () -> exported(rig, shapes, 200_000));
        final Ledger end = rig.close();
        assertEquals(shapes.started, end.shipped());
        assertEquals(0, end.count(Counter.INTERNAL_ERRORS));
    }

    @Test
    void writingAndReadingDocumentsDoesNotAllocate() {
        final Harness<WritingSink> rig = Harness.driven(
                CoreAccess.ticks(Harness.config(), System::nanoTime, System::nanoTime), WritingSink::new);
        final Shapes shapes = new Shapes(rig.tracer, false);
        exported(rig, shapes, WARM_UP);
        assertNothingIsAllocated("the writer of documents", () -> exported(rig, shapes, 200_000));
        rig.sink.reads = true;
        exported(rig, shapes, WARM_UP);
        assertNothingIsAllocated("writer and reader of documents", () -> exported(rig, shapes, 200_000));
        final Ledger end = rig.close();
        assertEquals(shapes.started, end.shipped());
        assertEquals(0, end.count(Counter.INTERNAL_ERRORS));
    }

    /** A sink that writes documents and optionally encodes them as requests. */
    private static final class WritingSink implements BatchSink {
        private final BatchWriter writer;
        private final BatchReader reader = new BatchReader();
        private final DocumentEncoder encoder = new DocumentEncoder();
        private final ByteBuffer document = BatchWriter.newBuffer();
        private final ByteBuffer out = encoder.newBuffer(4 << 20);
        private final Counters counters;
        boolean reads;

        WritingSink(RingExport.Environment environment) {
            writer = new BatchWriter(environment.file(), environment.config().resource());
            counters = environment.file().counters();
        }

        @Override
        public void offer(Batch batch, long nowNs) {
            for (int from = 0; from < batch.count(); ) {
                from += writer.write(batch, from, document);
                if (!reads) {
                    counters.add(Counter.SHIPPED, writer.records());
                } else if (reader.wrap(document, 0, document.remaining())) {
                    counters.add(Counter.SHIPPED, encoder.encode(reader, -1L, out));
                }
            }
            batch.clear();
        }

        @Override
        public String describe() {
            return "documents";
        }
    }

    /** Bytes allocated by the duty cycles alone for this number of spans. */
    private static long exported(Harness<?> rig, Shapes shapes, int spans) {
        long bytes = 0;
        for (int done = 0; done < spans; done += 5 * Shapes.SPANS) {
            shapes.many(4 * Shapes.SPANS);
            final long before = allocated();
            rig.sweep();
            bytes += allocated() - before;
        }
        return bytes;
    }

    @Test
    void gateDetectsAnAllocation() {
        final long before = allocated();
        final byte[] some = new byte[1000 + (int) (before & 7)];
        assertEquals(true, allocated() - before >= some.length);
    }
}
