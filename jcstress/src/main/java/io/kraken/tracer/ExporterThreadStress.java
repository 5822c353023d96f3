package io.kraken.tracer;

import io.kraken.tracer.file.Ledger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Stress tests of the exporter on its own thread. It is the second thread of these tests, so they have one actor. */
public class ExporterThreadStress {

    private static final SpanName NAME = SpanName.of("stress");

    private ExporterThreadStress() {}

    /**
     * The exporter is woken at any point of a duty cycle, or before the following pause: a span that ended before is
     * taken at once. With a lost nudge it would wait for a second, longer than this test does.
     */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "seen by the current cycle, or at once by the next")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the nudge was lost")
    public static class Nudged {
        private static final StressTracer TRACED = StressTracer.nudged(2);
        private static final long TIMEOUT_NS = 500_000_000;
        private static long ended;

        @Actor
        public void service(I_Result result) {
            TRACED.begun(() -> TRACED.tracer.startDetached(NAME, SpanKind.INTERNAL))
                    .end();
            ended++;
            TRACED.exporter.nudge();
            final long deadline = System.nanoTime() + TIMEOUT_NS;
            while (TRACED.sink.taken < ended && System.nanoTime() - deadline < 0) {
                Thread.onSpinWait();
            }
            result.r1 = TRACED.sink.taken >= ended ? 1 : 0;
        }
    }

    /** A span ends and the tracer is closed, while the exporter may be in the middle of a duty cycle. */
    @JCStressTest
    @State
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "swept once more before the sink was closed")
    @Outcome(expect = Expect.FORBIDDEN, desc = "not exported, although there was time")
    public static class CloseMeetsCycle {
        private Ledger ledger;

        @Actor
        public void closer() {
            final StressTracer traced = StressTracer.nudged(2);
            final Span span = traced.tracer.startDetached(NAME, SpanKind.INTERNAL);
            traced.exporter.nudge();
            span.end();
            ledger = traced.close();
        }

        @Arbiter
        public void ledger(II_Result result) {
            result.r1 = ledger.lost() == 0 ? 1 : 0;
            result.r2 = (int) ledger.shipped();
        }
    }
}
