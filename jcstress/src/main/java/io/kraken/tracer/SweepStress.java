package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * Stress tests of records that pass between recording threads and the exporter: the exporter takes complete spans only,
 * and a record is reused only after it was taken. Records are few, so that each is reused soon.
 */
public class SweepStress {

    private SweepStress() {}

    /** Whether no span was closed before its user ended it. */
    private static boolean noneIsStale(StressTracer traced) {
        return traced.file.counters().get(Counter.MISUSE_AFTER_END) == 0;
    }

    private static StressTracer checking(int chunks) {
        final StressTracer traced = new StressTracer(chunks);
        traced.sink.checking = true;
        return traced;
    }

    /** The thread owns a chunk, and continues from one to the next. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the exporter took complete spans only")
    @Outcome(expect = Expect.FORBIDDEN, desc = "taken before it was complete, or after its record was reused")
    public static class OwnChunk {
        private static final StressTracer TRACED = checking(4);
        private static final NumberedSpans SPANS = new NumberedSpans(TRACED.tracer, 0);

        @Actor
        public void service() {
            final Span span = SPANS.start();
            SPANS.number(span).end();
        }

        @Actor
        public void exporter(I_Result result) {
            TRACED.sweep();
            result.r1 = TRACED.sink.mixed ? 9 : 1;
        }
    }

    /** The records are claimed one by one. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the exporter took complete spans only")
    @Outcome(expect = Expect.FORBIDDEN, desc = "taken before it was complete, or after its record was reused")
    public static class SharedChunk {
        private static final StressTracer TRACED = checking(2);
        private static final NumberedSpans SPANS = new NumberedSpans(TRACED.tracer, 0);

        @Actor
        public void service() {
            final Span span = SPANS.startDetached();
            SPANS.number(span).end();
        }

        @Actor
        public void exporter(I_Result result) {
            TRACED.sweep();
            result.r1 = TRACED.sink.mixed ? 9 : 1;
        }
    }

    /**
     * Spans continue in further records of the thread's own chunk, which the exporter finds before it takes the span.
     */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the exporter took complete spans only")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a part of another span, or a missing part")
    public static class OwnParts {
        private static final StressTracer TRACED = checking(4);
        private static final NumberedSpans SPANS = new NumberedSpans(TRACED.tracer, 0);

        @Actor
        public void service() {
            final Span span = SPANS.start();
            SPANS.outgrow(span).end();
        }

        @Actor
        public void exporter(I_Result result) {
            TRACED.sweep();
            result.r1 = TRACED.sink.mixed ? 9 : 1;
        }
    }

    /** Spans continue in shared records, which the exporter finds before it takes the span. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the exporter took complete spans only")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a part of another span, or a missing part")
    public static class SharedParts {
        private static final StressTracer TRACED = checking(2);
        private static final NumberedSpans SPANS = new NumberedSpans(TRACED.tracer, 0);

        @Actor
        public void service() {
            final Span span = SPANS.startDetached();
            SPANS.outgrow(span).end();
        }

        @Actor
        public void exporter(I_Result result) {
            TRACED.sweep();
            result.r1 = TRACED.sink.mixed ? 9 : 1;
        }
    }

    /** Two threads claim single records of the same chunks; one of them does the exporter's work. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "each span had a record for itself")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two spans in one record")
    public static class SharedByTwo {
        private static final StressTracer TRACED = checking(2);
        private static final NumberedSpans ONE = new NumberedSpans(TRACED.tracer, 1);
        private static final NumberedSpans OTHER = new NumberedSpans(TRACED.tracer, 2);

        private static boolean span(NumberedSpans spans) {
            final Span span = spans.startDetached();
            spans.number(span);
            final boolean own = span == Span.NOOP || span.traceIdHigh() == spans.newest();
            span.end();
            return own;
        }

        @Actor
        public void service(ZZ_Result result) {
            result.r1 = span(ONE);
        }

        @Actor
        public void serviceAndExporter(ZZ_Result result) {
            result.r2 = span(OTHER);
            TRACED.sweep();
            result.r2 &= !TRACED.sink.mixed && noneIsStale(TRACED);
        }
    }

    /** A thread that owns chunks, next to one that shares them and does the exporter's work. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "each span had a record for itself")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two spans in one record")
    public static class OwnedBesideShared {
        private static final StressTracer TRACED = checking(4);
        private static final NumberedSpans ONE = new NumberedSpans(TRACED.tracer, 1);
        private static final NumberedSpans OTHER = new NumberedSpans(TRACED.tracer, 2);

        @Actor
        public void service(ZZ_Result result) {
            final Span span = ONE.start();
            ONE.number(span);
            result.r1 = span == Span.NOOP || span.traceIdHigh() == ONE.newest();
            span.end();
        }

        @Actor
        public void serviceAndExporter(ZZ_Result result) {
            result.r2 = SharedByTwo.span(OTHER);
            TRACED.sweep();
            result.r2 &= !TRACED.sink.mixed && noneIsStale(TRACED);
        }
    }
}
