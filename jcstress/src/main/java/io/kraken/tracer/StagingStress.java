package io.kraken.tracer;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.file.RecordLayout;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Staging records and the spans that write them: who has one, and who ends it. */
public class StagingStress {

    private static final SpanName NAME = SpanName.of("stress");
    private static final LongKey VALUE = Key.ofLong("value");
    private static final LongKey OTHER = Key.ofLong("other");

    /** More records than there are states: a span for each. */
    private static final int MANY = 64 * 1024;

    /** So few that none is a thread's own. */
    private static final int FEW = 64;

    private StagingStress() {}

    /** So many spans stay open for good. */
    private static void hold(WatchedSpans spans, int count) {
        for (int i = 0; i < count; i++) {
            spans.tracer.startDetached(NAME, SpanKind.INTERNAL);
        }
    }

    /** An open span that no thread owns. */
    abstract static class OpenSpan {
        private static final WatchedSpans SPANS = new WatchedSpans(MANY);

        final Span span = SPANS.tracer.startDetached(NAME, SpanKind.INTERNAL);
        private final int publishedBefore = SPANS.published(span);

        final int published() {
            return SPANS.published(span) - publishedBefore;
        }

        final int attributes() {
            return SPANS.attributes(span);
        }
    }

    @JCStressTest
    @State
    @Outcome(
            id = "1",
            expect = Expect.ACCEPTABLE,
            desc = "whoever came first has ended it, the other was counted as misuse")
    @Outcome(expect = Expect.FORBIDDEN, desc = "ended by nobody, or by both")
    public static class EndMeetsEnd extends OpenSpan {
        @Actor
        public void one() {
            span.end();
        }

        @Actor
        public void other() {
            span.end();
        }

        @Arbiter
        public void result(I_Result result) {
            result.r1 = published();
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "ended before the value came")
    @Outcome(
            id = "1, 1",
            expect = Expect.ACCEPTABLE,
            desc = "the value came first, or was met by the end and ended the span itself")
    @Outcome(expect = Expect.FORBIDDEN, desc = "not ended once, or half a value")
    public static class EndMeetsSetter extends OpenSpan {
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
            result.r1 = published();
            result.r2 = attributes();
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "one waited for the other")
    @Outcome(
            id = "1, 1",
            expect = Expect.ACCEPTABLE,
            desc = "one lost its processor, the other did not wait for ever: counted as contended")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both values lost, or half of one")
    public static class SetterMeetsSetter extends OpenSpan {
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
            result.r1 = published();
            result.r2 = attributes();
        }
    }

    /** Two threads, and two records that are free: each may have one. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "each had its span alone")
    @Outcome(
            id = {"0, 1", "1, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "the free record was always the one looked at before: after so many tries it counts as full")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record given to two, or closed while it was in use")
    public static class TakeMeetsTake {
        private static final WatchedSpans SPANS = new WatchedSpans(FEW);

        static {
            hold(SPANS, FEW - 2);
        }

        private static int takeAndEnd() {
            final Span span = SPANS.tracer.startDetached(NAME, SpanKind.INTERNAL);
            if (span == Span.NOOP) {
                return 0;
            }
            if (!SPANS.hold(span)) {
                return 9;
            }
            span.set(VALUE, 1);
            final boolean open = SPANS.letGo(span);
            span.end();
            return open && SPANS.attributes(span) != WatchedSpans.MALFORMED ? 1 : 9;
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = takeAndEnd();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = takeAndEnd();
        }
    }

    /** A thread takes from its own window without any claim, while another ends what it took before. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "each record had one span at a time")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record taken while it was still in use")
    public static class TakeMeetsEndElsewhere {
        private static final WatchedSpans SPANS = new WatchedSpans(MANY);
        private static final AtomicReference<Span> HANDED = new AtomicReference<>();
        private static Thread prepared;

        private static boolean end(Span span) {
            if (span == null) {
                return true;
            }
            span.set(VALUE, 1);
            final boolean open = SPANS.letGo(span);
            span.end();
            return open;
        }

        @Actor
        public void owner(ZZ_Result result) {
            if (prepared != Thread.currentThread()) {
                prepared = Thread.currentThread();
                hold(SPANS, StagingPool.WINDOW - 2); // what is left of its window is used again at once
            }
            final Span span = SPANS.tracer.startDetached(NAME, SpanKind.INTERNAL);
            final boolean alone = span != Span.NOOP && SPANS.hold(span);
            result.r1 = end(HANDED.getAndSet(span)) && alone;
        }

        @Actor
        public void other(ZZ_Result result) {
            result.r2 = end(HANDED.getAndSet(null));
        }
    }

    /** Two new threads, and a window for one of them. */
    @JCStressTest
    @State
    @Outcome(id = "0, -1", expect = Expect.ACCEPTABLE, desc = "the first thread has it")
    @Outcome(id = "-1, 0", expect = Expect.ACCEPTABLE, desc = "the second thread has it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both have it, or none")
    public static class NewThreads {
        private final StressTracer traced = new StressTracer(4 * StagingPool.WINDOW);

        private int window() {
            return traced.recorder.pool.welcome(traced.recorder.counters, traced.recorder.ids()).window;
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = window();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = window();
        }
    }

    /** Two spans outgrow their records, and take the same few larger ones. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "each had its record alone")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record given to two, or none although there were some")
    public static class GrowMeetsGrow {
        private static final StagingPool POOL = new WatchedSpans(FEW).recorder.pool;
        private static final AtomicIntegerArray HOLDERS = new AtomicIntegerArray(1 << 16);

        private static boolean growAndRelease() {
            final int offset = POOL.grow(1000);
            final int flag = offset / 256;
            if (offset == 0 || !HOLDERS.compareAndSet(flag, 0, 1)) {
                return false;
            }
            HOLDERS.set(flag, 0);
            POOL.releaseOverflow(offset);
            return true;
        }

        @Actor
        public void one(ZZ_Result result) {
            result.r1 = growAndRelease();
        }

        @Actor
        public void other(ZZ_Result result) {
            result.r2 = growAndRelease();
        }
    }

    /** 0: the scratch was in use; 1: the text came out right; 9: it was mixed with the other's. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "one after the other")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "the first met the second, and goes elsewhere")
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the second met the first, and goes elsewhere")
    @Outcome(expect = Expect.FORBIDDEN, desc = "used by both at once")
    public static class SharedScratch {
        private final Utf8Scratch scratch = new Utf8Scratch();

        private int encode(String text) {
            if (!scratch.tryHold()) {
                return 0;
            }
            final int bytes = scratch.encode(text, text.length());
            int right = 0;
            for (int i = 0; i < bytes; i++) {
                right += scratch.bytes[i] == text.charAt(i) ? 1 : 0;
            }
            scratch.letGo();
            return right == text.length() ? 1 : 9;
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = encode("the first thread's");
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = encode("THE SECOND THREAD'S");
        }
    }

    /**
     * A thread uses a span that belongs to another one, which ends it meanwhile. Of so few records none is a thread's
     * own, so that their spans forget their thread when they end.
     */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "the span was not there yet")
    @Outcome(
            id = "1",
            expect = Expect.ACCEPTABLE,
            desc = "called while it was open, was ending, or had ended: counted as misuse")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the call threw")
    public static class StaleSpan {
        private static final WatchedSpans SPANS = new WatchedSpans(FEW);

        private Span shared;

        @Actor
        public void owner() {
            final Span span = SPANS.tracer.start(NAME);
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
        }
    }

    /**
     * A span as explicit parent, while its thread ends it and has the same object serve again: all records but two
     * are taken. A trace id's low half is the complement of its high half, and each is that of one span only. The
     * child is another tracer's, so that it does not serve as a parent itself.
     */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no parent there yet")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the parent's ids, whole: before its end, or from after it")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "the parent changed meanwhile: a new trace was begun")
    @Outcome(expect = Expect.FORBIDDEN, desc = "ids of two spans in one context")
    public static class StaleParent {
        private static final int REMEMBERED = 1 << 16;

        private static final WatchedSpans SPANS = new WatchedSpans(FEW);
        private static final WatchedSpans CHILDREN = new WatchedSpans(FEW);
        private static final AtomicLongArray SPAN_IDS = new AtomicLongArray(REMEMBERED);
        private static final RemoteContext TRACE = new RemoteContext();
        private static volatile Span shared;
        /** The last trace whose span's id is known. */
        private static volatile long known;

        static {
            hold(SPANS, FEW - 3);
        }

        @Actor
        public void owner() {
            final long trace = known + 1;
            final Span span = SPANS.tracer.startDetached(NAME, SpanKind.INTERNAL, TRACE.set(trace, ~trace, trace, 0));
            SPAN_IDS.set((int) trace & REMEMBERED - 1, span.spanId());
            known = trace;
            shared = span;
            span.end();
        }

        @Actor
        public void other(I_Result result) {
            final Span parent = shared;
            if (parent == null) {
                return;
            }
            final Span child = CHILDREN.tracer.startDetached(NAME, SpanKind.INTERNAL, parent);
            final long parentId = RecordLayout.parentId(child.buffer, child.home);
            result.r1 = parentId == 0 ? 2 : isOfOneSpan(child.traceIdHigh(), child.traceIdLow(), parentId) ? 1 : 9;
            child.end();
        }

        private static boolean isOfOneSpan(long traceHigh, long traceLow, long spanId) {
            if (traceLow != ~traceHigh || traceHigh > known + 1) {
                return false;
            }
            while (known < traceHigh) {
                Thread.onSpinWait(); // its owner has just begun it
            }
            return SPAN_IDS.get((int) traceHigh & REMEMBERED - 1) == spanId;
        }
    }
}
