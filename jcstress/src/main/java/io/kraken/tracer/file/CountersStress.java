package io.kraken.tracer.file;

import io.kraken.tracer.jcstress.StateMemory;
import java.nio.ByteBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** Stress tests of counters and control words, in one mapping and between two mappings of the same file. */
public class CountersStress {

    private CountersStress() {}

    @JCStressTest
    @State
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "both counted")
    @Outcome(expect = Expect.FORBIDDEN, desc = "one increment lost")
    public static class AddMeetsAdd {
        /** Only the first stripe of the first counter is used, which is one cache line. */
        private final ByteBuffer memory = StateMemory.zeroed(Mem.CACHE_LINE * Counters.STRIPES);

        private final Counters counters = new Counters(memory, 0);

        @Actor
        public void one() {
            counters.increment(Counter.UNRECORDED);
        }

        @Actor
        public void other() {
            counters.increment(Counter.UNRECORDED);
        }

        @Arbiter
        public void result(I_Result result) {
            result.r1 = (int) counters.get(Counter.UNRECORDED);
        }
    }

    /** Always adds the same number to both halves of the word; the reader uses another mapping. */
    @JCStressTest
    @State
    @Outcome(id = "true", expect = Expect.ACCEPTABLE, desc = "a value that was written")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a mixture of two values, or less than before")
    public static class ReadElsewhere {
        private static final TwoMappings FILE = TwoMappings.create();
        private static final Counters READER =
                new Counters(FILE.other, FILE.file.layout().countersOffset());
        private static final long BOTH_HALVES = 1L << 32 | 1;
        private static long last;

        @Actor
        public void writer() {
            FILE.file.counters().add(Counter.SHIPPED, BOTH_HALVES);
        }

        @Actor
        public void reader(Z_Result result) {
            final long value = READER.get(Counter.SHIPPED);
            result.r1 = (int) value == (int) (value >>> 32) && value >= last;
            last = value;
        }
    }

    /** An operator writes a control word through another mapping. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "off")
    @Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "on")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a value that was never written")
    public static class ControlWord {
        private static final TwoMappings FILE = TwoMappings.create();
        private static final int WORD = FILE.file.layout().controlOffset() + SpanFileLayout.RECORDING_OFFSET;
        private static boolean on;

        static {
            Mem.putIntRelease(FILE.other, WORD, 0);
        }

        @Actor
        public void operator() {
            on = !on;
            Mem.putIntRelease(FILE.other, WORD, on ? -1 : 0);
        }

        @Actor
        public void tracer(I_Result result) {
            result.r1 = Mem.getIntAcquire(FILE.file.buffer(), WORD);
        }
    }

    /** The program switches recording off while the exporter reads the control word. */
    @JCStressTest
    @State
    @Outcome(id = "false, 0", expect = Expect.ACCEPTABLE, desc = "off, in either order")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the exporter restored the value that it had read before")
    public static class SwitchMeetsLook {
        private static final SpanFileLayout LAYOUT = new SpanFileLayout(new SpanFileLayout.Shape(128, 2, Mem.PAGE));

        private final SpanFile file = SpanFile.anonymous(LAYOUT);
        /** As large as the off-heap memory, since jcstress limits the number of states by their size on the heap. */
        @SuppressWarnings("unused")
        private final byte[] ballast = new byte[LAYOUT.length()];

        public SwitchMeetsLook() {
            file.recording(true);
        }

        @Actor
        public void program() {
            file.recording(false);
        }

        @Actor
        public void exporter() {
            file.readControl();
        }

        @Arbiter
        public void result(ZI_Result result) {
            result.r1 = file.isRecording();
            result.r2 = file.buffer().getInt(LAYOUT.controlOffset() + SpanFileLayout.RECORDING_OFFSET);
        }
    }
}
