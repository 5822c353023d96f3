package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Stress tests of the ledger: every span is counted in exactly one state, whatever happens concurrently. */
public class LedgerStress {

    private static final SpanName NAME = SpanName.of("stress");
    private static final int CHUNKS = 2;

    /** 1 when every span is accounted for and {@code started} spans were started; the other results count them. */
    private static int isClosed(Ledger ledger, int started) {
        return ledger.lost() == 0 && ledger.open() == 0 && ledger.started() == started ? 1 : 0;
    }

    @JCStressTest
    @State
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "ended before the last sweep: shipped")
    @Outcome(
            id = "1, 0, 1",
            expect = Expect.ACCEPTABLE,
            desc = "started before, ended after the last sweep but before the file was closed: left in the file")
    @Outcome(
            id = "1, 0, 2",
            expect = Expect.ACCEPTABLE,
            desc = "started before, ended after that: dropped, ended after close")
    @Outcome(id = "1, 0, 4", expect = Expect.ACCEPTABLE, desc = "started after: dropped, started after close")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a span counted nowhere, or twice")
    public static class CloseMeetsSpan {
        private final StressTracer traced = new StressTracer(CHUNKS);

        @Actor
        public void service() {
            traced.tracer.start(NAME).end();
        }

        @Actor
        public void closer() {
            traced.close();
        }

        @Arbiter
        public void ledger(III_Result result) {
            final Ledger ledger = traced.tracer.ledger();
            result.r1 = isClosed(ledger, 1);
            result.r2 = (int) ledger.shipped();
            result.r3 = (int) (ledger.buffered()
                    + 2 * ledger.count(Counter.ENDED_CLOSED)
                    + 4 * ledger.count(Counter.STARTED_CLOSED));
        }
    }

    /** The span is open and detached when both threads begin. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "ended before the last sweep: shipped")
    @Outcome(
            id = "1, 0, 1",
            expect = Expect.ACCEPTABLE,
            desc = "ended after the last sweep but before the file was closed: left in the file")
    @Outcome(id = "1, 0, 2", expect = Expect.ACCEPTABLE, desc = "ended after that: dropped, ended after close")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a span counted nowhere, or twice")
    public static class CloseMeetsEnd {
        private final StressTracer traced = new StressTracer(CHUNKS);
        private final Span span = traced.tracer.startDetached(NAME, SpanKind.INTERNAL);

        @Actor
        public void service() {
            span.end();
        }

        @Actor
        public void closer() {
            traced.close();
        }

        @Arbiter
        public void ledger(III_Result result) {
            final Ledger ledger = traced.tracer.ledger();
            result.r1 = isClosed(ledger, 1);
            result.r2 = (int) ledger.shipped();
            result.r3 = (int) (ledger.buffered() + 2 * ledger.count(Counter.ENDED_CLOSED));
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "published before the sweep, and settled")
    @Outcome(id = "1, 0, 1", expect = Expect.ACCEPTABLE, desc = "published after the sweep: buffered")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a span counted nowhere, or twice")
    public static class SweepMeetsSpan {
        private final StressTracer traced = new StressTracer(CHUNKS);

        @Actor
        public void service() {
            traced.tracer.start(NAME).end();
        }

        @Actor
        public void exporter() {
            traced.sweep();
        }

        @Arbiter
        public void ledger(III_Result result) {
            final Ledger ledger = traced.tracer.ledger();
            result.r1 = isClosed(ledger, 1);
            result.r2 = (int) ledger.shipped();
            result.r3 = (int) ledger.buffered();
        }
    }

    /** Results: shipped and rejected. The sink takes one span of each batch and fails for the others. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "both in one batch: the second was rejected")
    @Outcome(id = "1, 2, 0", expect = Expect.ACCEPTABLE, desc = "the sweep was between the two: one batch each")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a span counted nowhere, or twice")
    public static class SinkFails {
        private final StressTracer traced = new StressTracer(CHUNKS);

        public SinkFails() {
            traced.sink.failing = true;
        }

        @Actor
        public void service() {
            traced.tracer.start(NAME).end();
            traced.tracer.start(NAME).end();
        }

        @Actor
        public void exporter() {
            traced.sweep();
        }

        @Arbiter
        public void ledger(III_Result result) {
            final Ledger ledger = traced.close();
            result.r1 = isClosed(ledger, 2);
            result.r2 = (int) ledger.shipped();
            result.r3 = (int) ledger.count(Counter.SINK_ERROR);
        }
    }

    /** One record is free: two spans start while the exporter takes one that has ended. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the second began after the end of the first")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "room for one; the other was dropped, no record free")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a span counted nowhere or twice, or dropped although a record was free")
    public static class Full {
        private final StressTracer traced = new StressTracer(CHUNKS);
        private final int before;

        public Full() {
            final Span last = traced.tracer.startDetached(NAME, SpanKind.INTERNAL);
            before = traced.startAll(NAME) + 2;
            last.end();
            traced.sweep();
            traced.sweep();
        }

        @Actor
        public void service() {
            traced.tracer.startDetached(NAME, SpanKind.INTERNAL).end();
        }

        @Actor
        public void serviceAndExporter() {
            traced.tracer.startDetached(NAME, SpanKind.INTERNAL).end();
            traced.sweep();
            traced.sweep();
        }

        @Arbiter
        public void ledger(II_Result result) {
            final Ledger ledger = traced.tracer.ledger();
            final boolean rightlyOpen = ledger.open() == before - 2;
            result.r1 = ledger.lost() == 0 && rightlyOpen && ledger.started() == before + 2 ? 1 : 0;
            result.r2 = (int) ledger.count(Counter.RECORDS_FULL) - 1;
        }
    }

    /** The closing thread does the exporter's work as well: never both at a time, and the sink is closed once. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "one after the other")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two threads in the sink, or one after it was closed")
    public static class CloseMeetsSweep {
        private final StressTracer traced = new StressTracer(CHUNKS);

        public CloseMeetsSweep() {
            traced.tracer.start(NAME).end();
        }

        @Actor
        public void exporter() {
            traced.sweep();
            traced.sweep();
        }

        @Actor
        public void closer() {
            traced.close();
        }

        @Arbiter
        public void ledger(II_Result result) {
            result.r1 = isClosed(traced.tracer.ledger(), 1);
            result.r2 = traced.sink.overlapped ? -1 : traced.sink.closed;
        }
    }

    /**
     * A span that ended before the tracer was closed: the close waits for it, even while the exporter is in a cycle.
     */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "shipped, by either thread")
    @Outcome(expect = Expect.FORBIDDEN, desc = "left behind, though there was time")
    public static class EndThenCloseMeetsSweep {
        private final StressTracer traced = new StressTracer(CHUNKS);
        private final Span span = traced.tracer.startDetached(NAME, SpanKind.INTERNAL);

        @Actor
        public void exporter() {
            traced.sweep();
        }

        @Actor
        public void closer() {
            span.end();
            traced.close();
        }

        @Arbiter
        public void ledger(II_Result result) {
            final Ledger ledger = traced.tracer.ledger();
            result.r1 = isClosed(ledger, 1);
            result.r2 = (int) ledger.shipped();
        }
    }
}
