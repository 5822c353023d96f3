package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.sampling.Decision;
import io.kraken.tracer.sampling.ParentContext;
import io.kraken.tracer.sampling.Sampler;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Stress tests of a thread's current span, when the span belongs to another thread or to none. */
public class ContextStress {

    private static final SpanName NAME = SpanName.of("stress");
    /** Many more records than states. */
    private static final int CHUNKS = 1024;

    private static final StressTracer SPANS = new StressTracer(CHUNKS);

    private static final int ROOT = 0;
    private static final int CHILD = 1;
    private static final int MIXED = 9;
    private static final int LEFT = 8;

    private ContextStress() {}

    /** The relation of a span started now to the expected one: root, child, or mixed ids. */
    private static int relation(TraceContext expected) {
        final Span span = SPANS.begun(() -> SPANS.tracer.start(NAME));
        final long parentId = parentId(SPANS, span);
        final boolean sameTrace =
                span.traceIdHigh() == expected.traceIdHigh() && span.traceIdLow() == expected.traceIdLow();
        span.end();
        if (parentId == 0) {
            return sameTrace ? MIXED : ROOT;
        }
        return sameTrace && parentId == expected.spanId() ? CHILD : MIXED;
    }

    private static long parentId(StressTracer traced, Span span) {
        return RecordLayout.parentId(traced.file.buffer(), traced.home(span));
    }

    private static Span startDetached(TraceContext parent) {
        return SPANS.begun(() -> SPANS.tracer.startDetached(NAME, SpanKind.INTERNAL, parent));
    }

    private static boolean nothingIsCurrent() {
        return SPANS.tracer.current() == Span.NOOP && SPANS.tracer.currentContext() == null;
    }

    /** A detached span becomes current on one thread while another thread ends it. */
    @JCStressTest
    @State
    @Outcome(
            id = "1",
            expect = Expect.ACCEPTABLE,
            desc = "made current before its end: new spans are its children, even after that")
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "ended before it became current: a new trace")
    @Outcome(expect = Expect.FORBIDDEN, desc = "ids of two spans, or a span left current on the thread")
    public static class CurrentMeetsEnd {
        private final Span span = startDetached(null);
        private final RemoteContext ids = new RemoteContext().copy(span);

        @Actor
        public void ender() {
            span.end();
        }

        @Actor
        public void user(I_Result result) {
            final Scope scope = span.makeCurrent();
            final int relation = relation(ids);
            scope.close();
            result.r1 = nothingIsCurrent() ? relation : LEFT;
        }
    }

    /** One span is current on two threads, each of which closes its scopes in the wrong order. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "each thread has its own stack, and empties it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "one thread's scopes disturb the other's")
    public static class OutOfOrder {
        private final Span outer = startDetached(null);
        private final Span inner = startDetached(outer);

        private int closeInTheWrongOrder() {
            final Scope first = outer.makeCurrent();
            final Scope second = inner.makeCurrent();
            first.close();
            final int relation = relation(inner);
            second.close();
            return nothingIsCurrent() ? relation : LEFT;
        }

        @Actor
        public void one(II_Result result) {
            result.r1 = closeInTheWrongOrder();
        }

        @Actor
        public void other(II_Result result) {
            result.r2 = closeInTheWrongOrder();
        }

        @Arbiter
        public void end() {
            inner.end();
            outer.end();
        }
    }

    /** A scope is closed by another thread. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the other thread's call had no effect")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the other thread's call removed the span, or corrupted the stack")
    public static class ClosedByAnother {
        private final Span span = startDetached(null);
        private Scope shared;

        @Actor
        public void owner(I_Result result) {
            final Scope scope = span.makeCurrent();
            shared = scope;
            final int relation = relation(span);
            scope.close();
            result.r1 = nothingIsCurrent() ? relation : LEFT;
        }

        @Actor
        public void other() {
            final Scope scope = shared;
            if (scope != null) {
                scope.close();
            }
        }

        @Arbiter
        public void end() {
            span.end();
        }
    }

    /** A span of one thread is made current on another one and ended there (misuse), while its own thread ends it. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "made current after its end, or not started yet")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "current on both, or a later span of the same object")
    @Outcome(
            id = {"0, 0", "0, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "ended by the other thread first, so it was no longer current for the owner")
    @Outcome(expect = Expect.FORBIDDEN, desc = "ids of two spans, or left current")
    public static class CurrentElsewhere {
        private static final RemoteContext TRACE = new RemoteContext();
        private static long traces;

        private volatile Span shared;

        @Actor
        public void owner(II_Result result) {
            final long trace = ++traces;
            TRACE.set(trace, ~trace, trace, 0);
            final Span span = SPANS.begun(() -> SPANS.tracer.start(NAME, SpanKind.INTERNAL, TRACE));
            shared = span;
            final int relation = relation(span);
            span.end();
            result.r1 = nothingIsCurrent() ? relation : LEFT;
        }

        @Actor
        public void other(II_Result result) {
            final Span span = shared;
            if (span == null) {
                return;
            }
            final Scope scope = span.makeCurrent();
            span.end();
            final Span child = SPANS.begun(() -> SPANS.tracer.start(NAME));
            final boolean isRoot = parentId(SPANS, child) == 0;
            final int relation = isRoot ? ROOT : child.traceIdLow() == ~child.traceIdHigh() ? CHILD : MIXED;
            child.end();
            scope.close();
            result.r2 = nothingIsCurrent() ? relation : LEFT;
        }
    }

    /**
     * A span of one thread is the parent of another thread's span while its object is reused for an unrecorded span,
     * and back.
     */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no span active: a new trace")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "a child of one of them")
    @Outcome(expect = Expect.FORBIDDEN, desc = "ids of two spans")
    public static class ParentMeetsUnrecorded {
        private static final StressTracer MIXED_SPANS =
                new StressTracer(StressTracer.newFile(CHUNKS), new EveryOther());
        private static final RemoteContext TRACE = new RemoteContext();
        private static long traces;

        private static volatile Span shared;

        @Actor
        public void owner() {
            for (int i = 0; i < 2; i++) {
                final long trace = ++traces;
                TRACE.set(trace, ~trace, trace, 0);
                final Span span = MIXED_SPANS.begun(() -> MIXED_SPANS.tracer.start(NAME, SpanKind.INTERNAL, TRACE));
                shared = span;
                span.end();
            }
        }

        @Actor
        public void other(I_Result result) {
            final Span span = shared;
            if (span == null) {
                return;
            }
            final Span child = MIXED_SPANS.begun(() -> MIXED_SPANS.tracer.start(NAME, SpanKind.INTERNAL, span));
            if (child.traceIdLow() == ~child.traceIdHigh()) {
                result.r1 = CHILD;
            } else {
                final boolean ofOwner = child.traceIdHigh() >>> 40 == 0 || ~child.traceIdLow() >>> 40 == 0;
                result.r1 = ofOwner ? MIXED : ROOT;
            }
            child.end();
        }
    }

    /** Drops every other trace. */
    private static final class EveryOther implements Sampler {

        @Override
        public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
            return parent == null || (parent.traceIdHigh() & 1) == 0 ? Decision.RECORD : Decision.DROP;
        }

        @Override
        public double rate() {
            return 0;
        }
    }
}
