package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.file.TwoMappings;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A lane as another process sees it, which may map the span file at any moment and has no say in anything. */
public class LaneReaderStress {

    private LaneReaderStress() {}

    /** Another process reads what has ended, while the lane goes on, and records of one and of two slots change places. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "nothing there, or handed on meanwhile: not to be believed")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "a whole record")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record overwritten while it was read")
    public static class ReadElsewhere {
        private static final int SLOTS = 4;
        private static final int SLOT_LENGTH = 128;
        private static final int SLOTS_OF_LONG_ONE = 2;
        private static final TwoMappings FILE =
                TwoMappings.create(new SpanFileLayout.Shape(SLOT_LENGTH, 64, 1, SLOTS, 4096));
        private static final Lane LANE = new Lane(FILE.file, 0, () -> {});
        private static final Forgetting CONSUMER = new Forgetting();
        private static final byte[] COPY = new byte[SLOTS_OF_LONG_ONE * SLOT_LENGTH];
        private static long number;

        private static final class Forgetting implements Lane.Handler {
            @Override
            public boolean onRecord(Lane lane, long sequence, int slots) {
                return true;
            }

            @Override
            public void onMissing(Lane lane, long records) {
                throw new IllegalStateException(records + " missing");
            }
        }

        @Actor
        public void service() {
            final ByteBuffer buffer = FILE.file.buffer();
            final int source = FILE.file.layout().mediumOffset();
            final int slots = (int) (number & 1) + 1;
            final int length = slots * (SLOT_LENGTH - Long.BYTES) + Long.BYTES;
            number++;
            for (int at = Long.BYTES; at < length; at += Long.BYTES) {
                buffer.putLong(source + at, number);
            }
            buffer.putLong(source + RecordLayout.DROPPED_ATTRIBUTES_OFFSET, 0);
            if ((number & 2) != 0) {
                LANE.poll(CONSUMER); // so that the reader waits at the record that comes now
            }
            while (LANE.tryPublish(source, length, null) == RecordSink.FULL) {
                LANE.poll(CONSUMER);
            }
        }

        @Actor
        public void reader(I_Result result) {
            final long sequence = FILE.laneConsumedSlots(0);
            final int slots =
                    RecordLayout.committedSlots(Mem.getLongAcquire(FILE.other, LANE.slotOffset(sequence)), sequence);
            for (int i = 0; i < Math.min(slots, SLOTS_OF_LONG_ONE); i++) {
                FILE.other.get(LANE.slotOffset(sequence + i), COPY, i * SLOT_LENGTH, SLOT_LENGTH);
            }
            VarHandle.loadLoadFence();
            if (slots != 0 && FILE.laneConsumedSlots(0) == sequence) {
                result.r1 = isWhole(slots) ? 1 : OneLane.MIXED;
            }
        }

        private static boolean isWhole(int slots) {
            final ByteBuffer copy = ByteBuffer.wrap(COPY).order(ByteOrder.LITTLE_ENDIAN);
            final long expected = copy.getLong(Long.BYTES);
            boolean whole = slots == (int) (expected - 1 & 1) + 1;
            for (int at = 0; at < slots * SLOT_LENGTH; at += Long.BYTES) {
                final boolean header = at % SLOT_LENGTH == 0 || at == RecordLayout.DROPPED_ATTRIBUTES_OFFSET;
                whole &= header || copy.getLong(at) == expected;
            }
            return whole;
        }
    }
}
