package io.kraken.tracer;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What traces carry: a place belongs to its holders, and whoever holds it reads what was put there for them. */
public final class TraceBaggageStress {

    private static final String KEY = "k";

    private TraceBaggageStress() {}

    private static long put(TraceBaggagePool pool, int value) {
        return pool.with(TraceBaggagePool.NONE, KEY, Integer.toString(value));
    }

    /** What one reads through a handle; 0 when it leads nowhere. */
    private static int read(TraceBaggagePool pool, long handle) {
        if (handle == TraceBaggagePool.NONE || !pool.hold(handle)) {
            return 0;
        }
        final String value = pool.at(handle).baggage.get(KEY);
        pool.release(handle);
        return value == null ? -1 : Integer.parseInt(value);
    }

    /** The last holder lets go and the place serves another trace, while somebody still has the handle. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "let go before it could be held")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "held in time")
    @Outcome(expect = Expect.FORBIDDEN, desc = "read what another trace carries")
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

    /** A handle reaches another thread by a plain field, as that of a detached span does. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "not there yet")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "there, and with it what is carried")
    @Outcome(expect = Expect.FORBIDDEN, desc = "there before what is carried")
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

    /** Two traces want the only place. */
    @JCStressTest
    @State
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "the first one has it")
    @Outcome(id = "0, 2", expect = Expect.ACCEPTABLE, desc = "the second one has it")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both have it, or none")
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
