package io.kraken.tracer.file;

import io.kraken.tracer.file.ControlWords.Author;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The slots of control words between whoever writes, behind another mapping, and the tracer. All numbers of what is
 * said are the same, unless two sayings were mixed; the check value would tell, but is not to be needed.
 */
public class ControlStress {

    private static final int SAYINGS = 3;

    private static final int WHOLE = 1;
    private static final int BUSY = 2;
    private static final int OLDER = 8;
    private static final int MIXED = 9;

    private ControlStress() {}

    /** Long ones, which take long to read, and between them two short ones, which are quick to overtake it. */
    private static ControlWords[] prepared() {
        final ControlWords[] words = new ControlWords[48];
        for (int i = 0; i < words.length; i++) {
            final double number = (i + 1.0) / words.length;
            words[i] = ControlWords.EMPTY.withRate(number).withLimit(number).withLowerBound(number);
            for (int j = 0; i % SAYINGS == 0 && j < 15; j++) {
                words[i] = words[i].withOperation("x".repeat(1000) + j, new ControlWords.Rate(number, number));
            }
        }
        return words;
    }

    private static boolean isWhole(ControlWords words) {
        final double number = words.rate();
        boolean whole = words.limit() == number && words.lowerBound() == number;
        for (ControlWords.Rate rate : words.operations().values()) {
            whole &= rate.share() == number && rate.lowerBound() == number;
        }
        return whole;
    }

    /** Each state is some sayings and one look. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "what was said last, or just before")
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "said anew again and again while it was read: the next look")
    @Outcome(id = "8", expect = Expect.FORBIDDEN, desc = "what was said before that which was read the last time")
    @Outcome(expect = Expect.FORBIDDEN, desc = "mixed, damaged, or nothing")
    public static class SayingMeetsLook {
        private static final TwoMappings FILE = TwoMappings.create();
        private static final ControlSlots TRACER = new ControlSlots(FILE.file.buffer(), FILE.file.layout());
        private static final ControlSlots WRITER = new ControlSlots(FILE.other, FILE.file.layout());
        private static final ControlWords[] WORDS = prepared();
        private static int next;
        private static long last;

        static {
            WRITER.write(Author.OPERATOR, WORDS[0]);
        }

        @Actor
        public void writer() {
            for (int i = 0; i < SAYINGS; i++) {
                WRITER.write(Author.OPERATOR, WORDS[next++ % WORDS.length]);
            }
        }

        @Actor
        public void tracer(I_Result result) {
            final ControlSlots.Pair pair = TRACER.read(Author.OPERATOR);
            result.r1 = pair == null ? BUSY : look(pair);
        }

        private static int look(ControlSlots.Pair pair) {
            final ControlSlots.Slot newest = pair.newest();
            if (newest == null || pair.first().isRefused() || pair.second().isRefused() || !isWhole(newest.words())) {
                return MIXED;
            }
            final boolean older = newest.generation() < last;
            last = newest.generation();
            return older ? OLDER : WHOLE;
        }
    }
}
