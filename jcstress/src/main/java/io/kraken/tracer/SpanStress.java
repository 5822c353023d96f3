package io.kraken.tracer;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.RecordLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Stress tests of the life cycle of a span: which thread may write into its record, and which ends it. */
public class SpanStress {

    private static final SpanName NAME = SpanName.of("stress");
    private static final LongKey VALUE = Key.ofLong("value");
    private static final LongKey OTHER = Key.ofLong("other");

    private SpanStress() {}

    /**
     * A detached span. Other states are created while this one waits for its arbiter, so its record may be reused once
     * it has ended; its lease has changed then, and nothing more can be checked.
     */
    abstract static class OneSpan {
        private static final int CHUNKS = 1024;
        private static final StressTracer TRACED = new StressTracer(CHUNKS);

        /** Incomplete entries. */
        private static final int MALFORMED = -1;

        final Span span = TRACED.begun(() -> TRACED.tracer.startDetached(NAME, SpanKind.INTERNAL));
        private final long lease = span.lease;

        /** 1 when its record says that the span has ended, else 0. */
        final int ended() {
            final long word = RecordLayout.commitWordAcquire(TRACED.file.buffer(), TRACED.home(span));
            return RecordLayout.state(word) == RecordLayout.DONE || isUsedAgain() ? 1 : 0;
        }

        final boolean isUsedAgain() {
            VarHandle.acquireFence();
            return span.lease != lease;
        }

        /**
         * Ends the record of a span that this test, rather than an exporter, has abandoned, so that the exporter frees
         * it.
         */
        final void endRecord() {
            if (ended() == 0) {
                RecordLayout.endRelease(TRACED.recorder.memory, span.home);
            }
        }

        /** Number of attributes in the record; {@code ifUsedAgain} when it was reused. */
        final int attributes(int ifUsedAgain) {
            final ByteBuffer buffer = TRACED.file.buffer();
            final int base = TRACED.home(span);
            final int end = base + RecordLayout.length(buffer, base);
            final EntryCursor entries = new EntryCursor().wrap(buffer, base + RecordLayout.HEADER_LENGTH, end);
            int count = 0;
            while (entries.next()) {
                count++;
            }
            final int found = entries.malformed() ? MALFORMED : count;
            return isUsedAgain() ? ifUsedAgain : found;
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "one thread ended it, the other had no effect")
    @Outcome(expect = Expect.FORBIDDEN, desc = "ended by neither, or by both")
    public static class EndMeetsEnd extends OneSpan {
        @Actor
        public void one() {
            span.end();
        }

        @Actor
        public void other() {
            span.end();
        }

        @Arbiter
        public void result(II_Result result) {
            result.r1 = ended();
            result.r2 = span.isClosed() || isUsedAgain() ? 1 : 0;
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "ended before the value was set")
    @Outcome(
            id = "1, 1",
            expect = Expect.ACCEPTABLE,
            desc = "the value was first, or the end arrived meanwhile and the setter ended the span")
    @Outcome(expect = Expect.FORBIDDEN, desc = "not ended, or an incomplete value")
    public static class EndMeetsSetter extends OneSpan {
        @Actor
        public void setter() {
            span.set(VALUE, 1);
        }

        @Actor
        public void ender() {
            span.end();
        }

        @Arbiter
        public void result(II_Result result) {
            result.r1 = ended();
            result.r2 = attributes(1);
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "one waited for the other")
    @Outcome(
            id = "1, 1",
            expect = Expect.ACCEPTABLE,
            desc = "one was descheduled, the other stopped waiting: counted as contended")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both values lost, or one incomplete")
    public static class SetterMeetsSetter extends OneSpan {
        @Actor
        public void one() {
            span.set(VALUE, 1);
        }

        @Actor
        public void other() {
            span.set(OTHER, 2);
        }

        @Arbiter
        public void result(II_Result result) {
            span.end();
            result.r1 = ended();
            result.r2 = attributes(2);
        }
    }

    /** Results: whether the exporter abandoned it, and whether it ended. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "abandoned first: the end was rejected")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "ended first: the exporter takes it like any other")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both, so that a possibly reused record is written, or neither")
    public static class EndMeetsAbandon extends OneSpan {
        @Actor
        public void ender() {
            span.end();
        }

        @Actor
        public void exporter(II_Result result) {
            result.r1 = span.abandon() ? 1 : 0;
        }

        @Arbiter
        public void result(II_Result result) {
            result.r2 = ended();
            endRecord();
        }
    }

    /** Results: whether the exporter abandoned it, the attributes at that time, and those at the end. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0, 0", expect = Expect.ACCEPTABLE, desc = "abandoned first: the value was rejected")
    @Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "the value was set before")
    @Outcome(id = "0, 0, 1", expect = Expect.ACCEPTABLE, desc = "a setter was active: the exporter will try again")
    @Outcome(expect = Expect.FORBIDDEN, desc = "written after the exporter had it")
    public static class SetterMeetsAbandon extends OneSpan {
        @Actor
        public void setter() {
            span.set(VALUE, 1);
        }

        @Actor
        public void exporter(III_Result result) {
            if (span.abandon()) {
                result.r1 = 1;
                result.r2 = attributes(0);
            }
        }

        @Arbiter
        public void result(III_Result result) {
            result.r3 = attributes(0);
            endRecord();
        }
    }

    /** A setter and an end while the exporter tries to abandon the span: it is either ended or abandoned. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "ended, by one of the two")
    @Outcome(id = "0, 0, 1", expect = Expect.ACCEPTABLE, desc = "abandoned before the value and the end")
    @Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "abandoned between the value and the end")
    @Outcome(id = "1, 0, 0", expect = Expect.ACCEPTABLE, desc = "ended before the value was set")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both ended and abandoned, or neither")
    public static class AbandonMeetsSetterAndEnd extends OneSpan {
        @Actor
        public void setterAndEnder() {
            span.set(VALUE, 1);
            span.end();
        }

        @Actor
        public void exporter(III_Result result) {
            while (!span.isClosed() && result.r3 == 0) {
                result.r3 = span.abandon() ? 1 : 0;
            }
        }

        @Arbiter
        public void result(III_Result result) {
            result.r1 = ended();
            result.r2 = attributes(1);
            endRecord();
        }
    }

    /** Results: whether the exporter abandoned the span of a thread, and whether the thread ended it. */
    @JCStressTest
    @State
    @Outcome(
            id = "0, 1",
            expect = Expect.ACCEPTABLE,
            desc = "ended before the exporter's request or after it: its thread may use it until it is taken")
    @Outcome(
            id = "0, 0",
            expect = Expect.ACCEPTABLE,
            desc = "the end was rejected, but the thread is running and may be in a setter: the exporter waits")
    @Outcome(
            id = "1, 0",
            expect = Expect.ACCEPTABLE,
            desc = "the end was rejected, and the thread was seen waiting afterwards")
    @Outcome(expect = Expect.FORBIDDEN, desc = "abandoned, and written by its thread afterwards")
    public static class AbandonMeetsAttachedEnd {
        private static final StressTracer TRACED = new StressTracer(OneSpan.CHUNKS);

        private volatile Span shared = Span.NOOP;
        private int length;

        @Actor
        public void owner() {
            final Span span = TRACED.tracer.start(NAME, SpanKind.INTERNAL, null);
            shared = span;
            span.set(VALUE, 1).ok().set(OTHER, 2).end();
        }

        @Actor
        public void exporter(II_Result result) {
            final Span span = shared;
            // Requested, taken from its thread, and seen outside the tracer once more.
            if (span != Span.NOOP && (span.abandon() || span.abandon() || span.abandon())) {
                result.r1 = 1;
                length = RecordLayout.length(TRACED.file.buffer(), TRACED.home(span));
            }
        }

        @Arbiter
        public void result(II_Result result) {
            if (shared == Span.NOOP) {
                TRACED.sweep();
                result.r2 = 1;
                return;
            }
            final ByteBuffer buffer = TRACED.file.buffer();
            final int home = TRACED.home(shared);
            final boolean done = RecordLayout.state(RecordLayout.commitWord(buffer, home)) == RecordLayout.DONE;
            final boolean written = result.r1 == 1 && RecordLayout.length(buffer, home) != length;
            result.r2 = written ? 9 : done ? 1 : 0;
            if (!done) {
                RecordLayout.endRelease(TRACED.recorder.memory, shared.home);
            }
        }
    }

    /** A thread uses a span of another thread, which ends it meanwhile. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "the span was not published yet")
    @Outcome(
            id = "1",
            expect = Expect.ACCEPTABLE,
            desc = "called while it was open, was ending, or had ended: counted as misuse")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the call threw")
    public static class StaleSpan {
        /** So few chunks that no thread owns one: spans of such threads forget their thread when they end. */
        private static final StressTracer TRACED = new StressTracer(2);

        private Span shared;

        @Actor
        public void owner() {
            final Span span = TRACED.tracer.start(NAME);
            shared = span;
            span.end();
        }

        @Actor
        public void other(I_Result result) {
            final Span span = shared;
            if (span == null) {
                return;
            }
            try {
                span.set(VALUE, 1).end();
                result.r1 = 1;
            } catch (Throwable e) {
                result.r1 = -1;
            }
            TRACED.sweep();
        }
    }

    /**
     * A span is used as an explicit parent while its thread ends it and its object is reused: one record is free, and
     * the exporter's work is done between two spans. The low half of a trace id is the complement of its high half, and
     * each trace has one span. The child belongs to another tracer, so that it is never a parent itself.
     */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no parent published yet")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the complete ids of a parent, before or after its end")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "the parent changed meanwhile: a new trace")
    @Outcome(expect = Expect.FORBIDDEN, desc = "ids of two spans in one context")
    public static class StaleParent {
        private static final int REMEMBERED = 1 << 16;

        private static final StressTracer TRACED = new StressTracer(2);
        private static final StressTracer CHILDREN = new StressTracer(2);
        private static final AtomicLongArray SPAN_IDS = new AtomicLongArray(REMEMBERED);
        private static final RemoteContext TRACE = new RemoteContext();
        private static volatile Span shared;
        /** The last trace whose span id is known. */
        private static volatile long known;

        static {
            final Span kept = TRACED.tracer.startDetached(NAME, SpanKind.INTERNAL);
            TRACED.startAll(NAME);
            kept.end();
            TRACED.sweep();
        }

        @Actor
        public void owner() {
            final long trace = known + 1;
            final Span span = TRACED.tracer.startDetached(NAME, SpanKind.INTERNAL, TRACE.set(trace, ~trace, trace, 0));
            if (span != Span.NOOP) {
                SPAN_IDS.set((int) trace & REMEMBERED - 1, span.spanId());
                known = trace;
                shared = span;
                span.end();
            }
            TRACED.sweep();
            TRACED.sweep();
        }

        @Actor
        public void other(I_Result result) {
            final Span parent = shared;
            if (parent == null) {
                return;
            }
            final Span child = CHILDREN.tracer.startDetached(NAME, SpanKind.INTERNAL, parent);
            if (child == Span.NOOP) {
                CHILDREN.sweep();
                return;
            }
            final long parentId = CHILDREN.recorder.memory.getLong(child.home + RecordLayout.PARENT_ID_OFFSET);
            result.r1 = parentId == 0 ? 2 : isOfOneSpan(child.traceIdHigh(), child.traceIdLow(), parentId) ? 1 : 9;
            child.end();
        }

        private static boolean isOfOneSpan(long traceHigh, long traceLow, long spanId) {
            if (traceLow != ~traceHigh || traceHigh > known + 1) {
                return false;
            }
            while (known < traceHigh) {
                Thread.onSpinWait(); // its owner has just begun this trace
            }
            return SPAN_IDS.get((int) traceHigh & REMEMBERED - 1) == spanId;
        }
    }
}
