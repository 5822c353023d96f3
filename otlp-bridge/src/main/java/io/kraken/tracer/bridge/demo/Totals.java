package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Ledger;
import java.util.Collection;

/**
 * The sum of several tracers' ledgers. The losses are added per tracer, so that a surplus of one tracer does not hide a
 * loss of another.
 */
record Totals(
        long started,
        long ended,
        long unrecorded,
        long published,
        long shipped,
        long rejected,
        long dropped,
        long open,
        long buffered,
        long lost) {

    static Totals of(Collection<Ledger> ledgers) {
        final long[] sums = new long[10];
        for (Ledger ledger : ledgers) {
            final long[] terms = {
                ledger.started(),
                ledger.ended(),
                ledger.unrecorded(),
                ledger.published(),
                ledger.shipped(),
                ledger.rejected(),
                ledger.dropped(),
                ledger.open(),
                ledger.buffered(),
                ledger.lost()
            };
            for (int i = 0; i < sums.length; i++) {
                sums[i] += terms[i];
            }
        }
        return new Totals(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8], sums[9]);
    }

    /** Whether every span is accounted for. */
    boolean closes() {
        return lost == 0 && open == 0 && buffered == 0;
    }

    /** Whether every span that was started has been accepted by the collector. */
    boolean isComplete() {
        return closes() && shipped == started && started > 0;
    }

    /** The machine-readable line. */
    @Override
    public String toString() {
        return "ledger started=" + started + " ended=" + ended + " unrecorded=" + unrecorded + " published=" + published
                + " shipped=" + shipped + " rejected=" + rejected + " dropped=" + dropped + " open=" + open + " lost="
                + lost + " buffered=" + buffered;
    }
}
