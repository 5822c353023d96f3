package io.kraken.tracer.file;

import io.kraken.tracer.file.ControlWords.Author;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Stress tests of the slots of control words, between a writer behind another mapping and the tracer. All numbers of
 * one write are equal, so a mixture of two writes is detected; the checksum would also detect it, but should not be
 * needed.
 */
public class ControlStress {

    private static final int WRITES = 3;

    private static final int WHOLE = 1;
    private static final int BUSY = 2;
    private static final int OLDER = 8;
    private static final int MIXED = 9;

    private ControlStress() {}

    /** Long control words, which take long to read, and after each two short ones, which can overtake the reader. */
    private static ControlWords[] prepared() {
        final ControlWords[] words = new ControlWords[48];
        for (int i = 0; i < words.length; i++) {
            final double number = (i + 1.0) / words.length;
            words[i] = ControlWords.EMPTY.withRate(number).withLimit(number).withLowerBound(number);
            for (int j = 0; i % WRITES == 0 && j < 15; j++) {
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

    /** Each state consists of three writes and one read. */
    @JCStressTest
    @State
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "the last write, or one just before it")
    @Outcome(
            id = "2",
            expect = Expect.ACCEPTABLE,
            desc = "rewritten repeatedly during the read: retried by the next read")
    @Outcome(id = "8", expect = Expect.FORBIDDEN, desc = "older than the previous read")
    @Outcome(expect = Expect.FORBIDDEN, desc = "mixed, damaged, or missing")
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
            for (int i = 0; i < WRITES; i++) {
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
