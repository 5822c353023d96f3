package io.kraken.tracer.file;

/**
 * The tracer's ear for control words: takes over what is sound, counts what is not, and says in the span file what it
 * has taken over. One thread at a time.
 */
final class ControlReader {

    private static final ControlWords.Author[] AUTHORS = ControlWords.Author.values();
    private static final int SLOTS = SpanFileLayout.CONTROL_SLOTS_OF_AUTHOR;

    private final SpanFile file;
    private final ControlSlots slots;
    private final long[] seen = new long[AUTHORS.length * SLOTS];
    private final long[] refused = new long[AUTHORS.length * SLOTS];
    private final long[] taken = new long[AUTHORS.length];
    private final ControlWords[] words = {ControlWords.EMPTY, ControlWords.EMPTY};
    private boolean untold;

    ControlReader(SpanFile file) {
        this.file = file;
        this.slots = new ControlSlots(file.buffer(), file.layout());
    }

    /** Returns the words in force when they have changed, else null; four reads when nobody has written. */
    ControlWords look() {
        if (untold) {
            tell();
        }
        boolean changed = false;
        for (ControlWords.Author author : AUTHORS) {
            changed |= isWritten(author) && takeOver(author);
        }
        untold |= changed;
        return changed ? ControlWords.merge(words[0], words[1]) : null;
    }

    /** What one look takes over is in force by the next one: then the exporter has acted on it. */
    private void tell() {
        for (ControlWords.Author author : AUTHORS) {
            Mem.putLongRelease(file.buffer(), file.layout().appliedOffset(author), taken[author.ordinal()]);
        }
        untold = false;
    }

    private boolean isWritten(ControlWords.Author author) {
        final int at = author.ordinal() * SLOTS;
        return slots.generationAcquire(author, 0) != seen[at] || slots.generationAcquire(author, 1) != seen[at + 1];
    }

    /** What changes while it is read is left to the next look. */
    private boolean takeOver(ControlWords.Author author) {
        final ControlSlots.Pair pair = slots.read(author);
        if (pair == null) {
            return false;
        }
        for (int which = 0; which < SLOTS; which++) {
            remember(author.ordinal() * SLOTS + which, pair.slot(which));
        }
        final ControlSlots.Slot newest = pair.newest();
        if (newest == null || newest.generation() == taken[author.ordinal()]) {
            return false;
        }
        taken[author.ordinal()] = newest.generation();
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
