package io.kraken.tracer;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Stress tests of trace state and baggage: a place belongs to its holders, and each holder reads the values stored for
 * its trace.
 */
public final class TraceBaggageStress {

    private static final String KEY = "k";

    private TraceBaggageStress() {}

    private static long put(TraceBaggagePool pool, int value) {
        return pool.with(TraceBaggagePool.NONE, KEY, Integer.toString(value));
    }

    /** The value read through a handle; 0 when the handle is invalid. */
    private static int read(TraceBaggagePool pool, long handle) {
        if (handle == TraceBaggagePool.NONE || !pool.hold(handle)) {
            return 0;
        }
        final String value = pool.at(handle).baggage.get(KEY);
        pool.release(handle);
        return value == null ? -1 : Integer.parseInt(value);
    }

    /**
     * The last holder releases the place and it is reused for another trace, while another thread still has the handle.
     */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "released before it was held")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "held before the release")
    @Outcome(expect = Expect.FORBIDDEN, desc = "read the values of another trace")
    public static class HoldMeetsReuse {
        private final TraceBaggagePool pool = new TraceBaggagePool(1);
        private final long handle = put(pool, 1);

        @Actor
        public void reuse() {
            pool.release(handle);
            put(pool, 2);
        }

        @Actor
        public void hold(I_Result r) {
            r.r1 = read(pool, handle);
        }
    }

    /** A handle is published to another thread by a plain field, as that of a detached span is. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "not published yet")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "published together with its values")
    @Outcome(expect = Expect.FORBIDDEN, desc = "published before its values")
    public static class HandleMeetsReader {
        private final TraceBaggagePool pool = new TraceBaggagePool(1);
        private long handle;

        @Actor
        public void put() {
            handle = TraceBaggageStress.put(pool, 1);
        }

        @Actor
        public void read(I_Result r) {
            r.r1 = TraceBaggageStress.read(pool, handle);
        }
    }

    /** Two traces compete for the only place. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the first one has it")
    @Outcome(id = "0, 2", expect = Expect.ACCEPTABLE, desc = "the second one has it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both have it, or neither")
    public static class TakeMeetsTake {
        private final TraceBaggagePool pool = new TraceBaggagePool(1);

        @Actor
        public void first(II_Result r) {
            r.r1 = read(pool, put(pool, 1));
        }

        @Actor
        public void second(II_Result r) {
            r.r2 = read(pool, put(pool, 2));
        }
    }
}
