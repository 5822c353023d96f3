package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * Lanes between producers and the sweeping consumer, whose findings {@link OneLane} writes as numbers. jcstress takes
 * actors from the test's own class only, which is why they are written out in each.
 */
public class LaneStress {

    private LaneStress() {}

    @JCStressTest
    @State
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "swept before it was published, found in the next sweep")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "published before the sweep read the cursor")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record that is not whole, twice there, or gone")
    public static class Published extends OneLane {
        @Actor
        public void producer() {
            publish(1);
        }

        @Actor
        public void consumer(II_Result result) {
            result.r1 = poll();
        }

        @Arbiter
        public void rest(II_Result result) {
            result.r2 = pollAll();
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "0, 12", expect = Expect.ACCEPTABLE, desc = "swept before both")
    @Outcome(id = "1, 12", expect = Expect.ACCEPTABLE, desc = "swept between the two")
    @Outcome(id = "12, 12", expect = Expect.ACCEPTABLE, desc = "swept after both")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a producer's second record without, or before, its first")
    public static class InOrder extends OneLane {
        @Actor
        public void producer() {
            publish(1);
            publish(2);
        }

        @Actor
        public void consumer(II_Result result) {
            result.r1 = poll();
        }

        @Arbiter
        public void rest(II_Result result) {
            result.r2 = pollAll();
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "0, 0, 12", expect = Expect.ACCEPTABLE, desc = "the first producer let go before the second came")
    @Outcome(id = "0, 0, 21", expect = Expect.ACCEPTABLE, desc = "the second producer let go before the first came")
    @Outcome(
            id = "0, -2, 1",
            expect = Expect.ACCEPTABLE,
            desc = "the second producer met the first, and goes elsewhere")
    @Outcome(
            id = "-2, 0, 2",
            expect = Expect.ACCEPTABLE,
            desc = "the first producer met the second, and goes elsewhere")
    @Outcome(expect = Expect.FORBIDDEN, desc = "both in the lane at once")
    public static class TwoProducers extends OneLane {
        @Actor
        public void first(III_Result result) {
            result.r1 = publish(1);
        }

        @Actor
        public void secondAndConsumer(III_Result result) {
            result.r2 = publish(2);
            poll();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = pollAll();
        }
    }

    /** The lane goes from hand to hand: its sequence and count are plain fields that whoever holds it goes on with. */
    @JCStressTest
    @State
    @Outcome(id = "0, 0, 1122", expect = Expect.ACCEPTABLE, desc = "one producer after the other")
    @Outcome(id = "0, 0, 1212", expect = Expect.ACCEPTABLE, desc = "in turn")
    @Outcome(id = "0, 0, 1221", expect = Expect.ACCEPTABLE, desc = "the second between the first's two")
    @Outcome(id = "0, 0, 2112", expect = Expect.ACCEPTABLE, desc = "the first between the second's two")
    @Outcome(id = "0, 0, 2121", expect = Expect.ACCEPTABLE, desc = "in turn")
    @Outcome(id = "0, 0, 2211", expect = Expect.ACCEPTABLE, desc = "one producer after the other")
    @Outcome(expect = Expect.FORBIDDEN, desc = "one went on from where the other had not been")
    public static class HandOver extends OneLane {
        private int publishInTheEnd(int record) {
            int result;
            do {
                result = publish(record);
            } while (result == RecordSink.BUSY);
            return result;
        }

        @Actor
        public void first(III_Result result) {
            result.r1 = publishInTheEnd(1) + publishInTheEnd(1);
        }

        @Actor
        public void second(III_Result result) {
            result.r2 = publishInTheEnd(2) + publishInTheEnd(2);
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = pollAll();
        }
    }

    /** The lane is full when both come: the slot that is written next is one that the consumer has to leave first. */
    @JCStressTest
    @State
    @Outcome(id = "-1, 1111, 1111", expect = Expect.ACCEPTABLE, desc = "no room before the sweep was over")
    @Outcome(id = "0, 1111, 11112", expect = Expect.ACCEPTABLE, desc = "room was made, and taken behind the sweep")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record overwritten while it was read, or one that is lost")
    public static class Full extends OneLane {
        public Full() {
            for (int i = 0; i < SLOTS; i++) {
                publish(1);
            }
        }

        @Actor
        public void producer(III_Result result) {
            result.r1 = publishWhenThereIsRoom(2);
        }

        @Actor
        public void consumer(III_Result result) {
            result.r2 = poll();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = pollAll();
        }
    }

    /** Three slots of which the last stands before the first, where the records before have just been read. */
    @JCStressTest
    @State
    @Outcome(id = "-1, 11, 11", expect = Expect.ACCEPTABLE, desc = "not room enough before the sweep was over")
    @Outcome(id = "0, 11, 114", expect = Expect.ACCEPTABLE, desc = "room was made, and taken behind the sweep")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a part of a record")
    public static class LargeAroundTheEnd extends OneLane {
        public LargeAroundTheEnd() {
            publish(2);
            poll();
            found = 0;
            publish(1);
            publish(1);
        }

        @Actor
        public void producer(III_Result result) {
            result.r1 = publishWhenThereIsRoom(LARGE);
        }

        @Actor
        public void consumer(III_Result result) {
            result.r2 = poll();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = pollAll();
        }
    }

    @JCStressTest
    @State
    @Outcome(id = "0, 4", expect = Expect.ACCEPTABLE, desc = "swept before it was published")
    @Outcome(id = "4, 4", expect = Expect.ACCEPTABLE, desc = "swept when all slots were there")
    @Outcome(expect = Expect.FORBIDDEN, desc = "some of its slots without the others")
    public static class Large extends OneLane {
        public Large() {
            publish(1); // so that it goes around the end
            publish(1);
            poll();
            found = 0;
        }

        @Actor
        public void producer() {
            publish(LARGE);
        }

        @Actor
        public void consumer(II_Result result) {
            result.r1 = poll();
        }

        @Arbiter
        public void rest(II_Result result) {
            result.r2 = pollAll();
        }
    }

    /** Exceptions travel in an array beside the records. */
    @JCStressTest
    @State
    @Outcome(id = "0, 31", expect = Expect.ACCEPTABLE, desc = "swept before both")
    @Outcome(id = "3, 31", expect = Expect.ACCEPTABLE, desc = "swept between the two")
    @Outcome(id = "31, 31", expect = Expect.ACCEPTABLE, desc = "swept after both")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a record without its exception, or with another's")
    public static class Exceptions extends OneLane {
        @Actor
        public void producer() {
            publish(THROWING);
            publish(1);
        }

        @Actor
        public void consumer(II_Result result) {
            result.r1 = poll();
        }

        @Arbiter
        public void rest(II_Result result) {
            result.r2 = pollAll();
        }
    }

    /** The consumer forgets an exception when it is done with it, and only then is its place used again. */
    @JCStressTest
    @State
    @Outcome(id = "-1, 3333, 3333", expect = Expect.ACCEPTABLE, desc = "no room before the sweep was over")
    @Outcome(id = "0, 3333, 33333", expect = Expect.ACCEPTABLE, desc = "room was made, and taken behind the sweep")
    @Outcome(expect = Expect.FORBIDDEN, desc = "the exception was forgotten with the one before it")
    public static class ExceptionsWhenFull extends OneLane {
        public ExceptionsWhenFull() {
            for (int i = 0; i < SLOTS; i++) {
                publish(THROWING);
            }
        }

        @Actor
        public void producer(III_Result result) {
            result.r1 = publishWhenThereIsRoom(THROWING);
        }

        @Actor
        public void consumer(III_Result result) {
            result.r2 = poll();
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = pollAll();
        }
    }

    /** With the second record the lane is half full, unless the sweep takes some first. */
    @JCStressTest
    @State
    @Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "half full, and the consumer was told")
    @Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "the sweep was faster")
    @Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "told, and swept meanwhile")
    @Outcome(expect = Expect.FORBIDDEN, desc = "half full, and nobody told")
    public static class Nudged extends OneLane {
        @Actor
        public void producer() {
            publish(1);
            publish(1);
            publish(1);
        }

        @Actor
        public void consumer() {
            poll();
        }

        @Arbiter
        public void fill(ZZ_Result result) {
            result.r1 = file.lanePublished(index) - file.laneConsumedRecords(index) >= SLOTS / 2;
            result.r2 = nudges > 0;
        }
    }

    /** What was published when the lane had been shut, -1 when somebody was inside; and what was in it in the end. */
    @JCStressTest
    @State
    @Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "published, then shut")
    @Outcome(id = "0, -1, 1", expect = Expect.ACCEPTABLE, desc = "the closer met the producer, and has to come again")
    @Outcome(id = "-3, 0, 0", expect = Expect.ACCEPTABLE, desc = "shut before the producer came")
    @Outcome(id = "-2, 0, 0", expect = Expect.ACCEPTABLE, desc = "shut between the producer's look and its claim")
    @Outcome(expect = Expect.FORBIDDEN, desc = "somebody got in after it was shut")
    public static class Shut extends OneLane {
        @Actor
        public void producer(III_Result result) {
            result.r1 = publish(1);
        }

        @Actor
        public void closer(III_Result result) {
            result.r2 = lane.shut() ? (int) file.lanePublished(index) : -1;
        }

        @Arbiter
        public void rest(III_Result result) {
            result.r3 = lane.shut() ? pollAll() : MIXED;
        }
    }

    /** Two threads that prefer the same lane: who finds it busy is let into another. One sweeps as well. */
    @JCStressTest
    @State
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "both got in")
    @Outcome(id = "-1, 0", expect = Expect.ACCEPTABLE, desc = "the first filled all lanes before anybody swept")
    @Outcome(id = "0, -1", expect = Expect.ACCEPTABLE, desc = "the first filled all lanes before anybody swept")
    @Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "the first filled all lanes before anybody swept")
    @Outcome(
            id = {"0, -2", "-2, 0", "-1, -2", "-2, -1"},
            expect = Expect.ACCEPTABLE,
            desc = "all were full but one, and who held that had lost its processor")
    @Outcome(expect = Expect.FORBIDDEN, desc = "turned away although there was room, or mixed")
    public static class Elsewhere {
        private static final SpanFile FILE = OneLane.newFile();
        private static final Lanes LANES = new Lanes(FILE, 0, () -> {});
        private static final Sweeper SWEEPER = new Sweeper();

        private static int publish(int record) {
            return Math.min(0, LANES.publish(OneLane.source(FILE, record), OneLane.length(record), 0, null));
        }

        @Actor
        public void first(II_Result result) {
            result.r1 = publish(1);
        }

        @Actor
        public void secondAndConsumer(II_Result result) {
            result.r2 = publish(2);
            if (!SWEEPER.isWhole()) {
                result.r2 = OneLane.MIXED;
            }
        }

        private static final class Sweeper implements Lane.Handler {
            private boolean whole;

            boolean isWhole() {
                whole = true;
                for (int i = 0; i < LANES.count(); i++) {
                    LANES.lane(i).poll(this);
                }
                return whole;
            }

            @Override
            public boolean onRecord(Lane lane, long sequence, int slots) {
                final int slot = lane.slotOffset(sequence);
                whole &= lane.buffer().getLong(slot + RecordLayout.SPAN_ID_OFFSET)
                        == lane.buffer().getLong(slot + OneLane.SLOT_LENGTH - Long.BYTES);
                return true;
            }

            @Override
            public void onMissing(Lane lane, long records) {
                whole = false;
            }
        }
    }
}
