package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.file.TwoMappings;
import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Stress tests of another process that reads open and ended spans, by the rules of {@link RecordLayout}, at any moment:
 * while they are written, end, are taken, and while their records are reused.
 */
public class SpanFileStress {

    private SpanFileStress() {}

    /** Spans of one thread with the exporter's work in between, and one reader. */
    private static final class Watched implements SpanFileReader.Records {
        private static final int ABSENT = 0;
        private static final int WHOLE = 1;
        private static final int MIXED = 9;
        /** Number of spans between two duty cycles of the exporter. */
        private static final int SWEPT_EVERY = 4;

        final NumberedSpans spans;

        private final TwoMappings mappings;
        private final StressTracer traced;
        private final NumberedSpans.Check check = new NumberedSpans.Check();
        private int found;

        /** @param chunks one in four may be owned by the thread */
        Watched(int chunks) {
            final int length = StressTracer.RECORD_LENGTH;
            mappings = TwoMappings.create(new SpanFileLayout.Shape(
                    length, chunks, StressTracer.layout(1).shape().symbolsLength()));
            traced = new StressTracer(mappings.file, null);
            spans = new NumberedSpans(traced.tracer, 0);
        }

        void sweep() {
            if (spans.newest() % SWEPT_EVERY == 0) {
                traced.sweep();
            }
        }

        int read() {
            found = ABSENT;
            final boolean sound =
                    mappings.open(this).malformed() == 0 & mappings.ended(this).malformed() == 0;
            return sound ? found : MIXED;
        }

        @Override
        public void record(int number, ByteBuffer record, int length) {
            found = Math.max(found, check.isWhole(record, 0, length) ? WHOLE : MIXED);
        }
    }

    /** Records of a shared chunk. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no span, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "consistent snapshots of spans")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture of two spans")
    public static class SharedRecords {
        private static final Watched WATCHED = new Watched(1);

        @Actor
        public void service() {
            final Span span = WATCHED.spans.startDetached();
            WATCHED.spans.number(span).end();
            WATCHED.sweep();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }

    /** Records of the thread's own chunk. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no span, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "consistent snapshots of spans")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture of two spans")
    public static class OwnRecords {
        private static final Watched WATCHED = new Watched(4);

        @Actor
        public void service() {
            final Span span = WATCHED.spans.start();
            WATCHED.spans.number(span).end();
            WATCHED.sweep();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }

    /** Spans continue in further records, which other spans used before, as records and as parts. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no span, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "consistent snapshots of spans")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture of two spans, or of their parts")
    public static class Parts {
        private static final Watched WATCHED = new Watched(1);

        @Actor
        public void service() {
            final Span span = WATCHED.spans.startDetached();
            WATCHED.spans.outgrow(span).end();
            WATCHED.sweep();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }

    /** Entries are rewritten in place: an event grows, and replaced attributes are compacted. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no span, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "consistent snapshots of spans")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an event's attribute read as the span's, or an incomplete entry")
    public static class Rewritten {
        private static final Watched WATCHED = new Watched(4);

        @Actor
        public void service() {
            final Span span = WATCHED.spans.start();
            WATCHED.spans.rewrite(span).end();
            WATCHED.sweep();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }
}
