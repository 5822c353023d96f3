package io.kraken.tracer.file;

/**
 * The tracer's side of the control words: reads valid ones, counts invalid ones, and acknowledges in the span file
 * which ones it has applied. For one thread at a time.
 */
final class ControlReader {

    private static final ControlWords.Author[] AUTHORS = ControlWords.Author.values();
    private static final int SLOTS = SpanFileLayout.CONTROL_SLOTS_OF_AUTHOR;

    private final SpanFile file;
    private final ControlSlots slots;
    /** The generation last read from each slot. */
    private final long[] seen = new long[AUTHORS.length * SLOTS];
    /** The generation last refused in each slot, so that it is counted once. */
    private final long[] refused = new long[AUTHORS.length * SLOTS];
    /** The generation of each author's words that were last returned. */
    private final long[] adopted = new long[AUTHORS.length];

    private final ControlWords[] words = {ControlWords.EMPTY, ControlWords.EMPTY};
    private boolean unacknowledged;

    ControlReader(SpanFile file) {
        this.file = file;
        this.slots = new ControlSlots(file.buffer(), file.layout());
    }

    /** Returns the words in force if they have changed, else null; costs four reads if nothing was written. */
    ControlWords poll() {
        if (unacknowledged) {
            acknowledge();
        }
        boolean changed = false;
        for (ControlWords.Author author : AUTHORS) {
            changed |= isWritten(author) && adopt(author);
        }
        unacknowledged |= changed;
        return changed ? ControlWords.merge(words[0], words[1]) : null;
    }

    /** Acknowledges what the previous call has returned: by now the exporter has applied it. */
    private void acknowledge() {
        for (ControlWords.Author author : AUTHORS) {
            Mem.putLongRelease(file.buffer(), file.layout().appliedOffset(author), adopted[author.ordinal()]);
        }
        unacknowledged = false;
    }

    private boolean isWritten(ControlWords.Author author) {
        final int at = author.ordinal() * SLOTS;
        return slots.generationAcquire(author, 0) != seen[at] || slots.generationAcquire(author, 1) != seen[at + 1];
    }

    /** Adopts the author's newest words; false if they are the same, or change repeatedly while they are read. */
    private boolean adopt(ControlWords.Author author) {
        final ControlSlots.Pair pair = slots.read(author);
        if (pair == null) {
            return false;
        }
        for (int which = 0; which < SLOTS; which++) {
            remember(author.ordinal() * SLOTS + which, pair.slot(which));
        }
        final ControlSlots.Slot newest = pair.newest();
        if (newest == null || newest.generation() == adopted[author.ordinal()]) {
            return false;
        }
        adopted[author.ordinal()] = newest.generation();
        words[author.ordinal()] = newest.words();
        return true;
    }

    private void remember(int at, ControlSlots.Slot slot) {
        seen[at] = slot.generation();
        if (slot.isRefused() && slot.generation() != refused[at]) {
            refused[at] = slot.generation();
            file.counters().increment(Counter.CONTROL_REFUSED);
        }
    }
}
