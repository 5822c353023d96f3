package io.kraken.tracer.bridge.log;

import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A reader of the decisions of one queue in the order of its documents, across its files. Files that do not exist any
 * more are skipped. Single-threaded; it holds a file open only between {@link #next} and {@link #rest}.
 */
public final class DecisionCursor implements LogCursor {

    private final Path directory;
    private final boolean writes;
    private DecisionFile file;
    private long index = NOTHING;
    /** The cycle to continue with; at least that of {@link #index}. */
    private int cycle = Integer.MIN_VALUE;

    private long missing;

    private DecisionCursor(Path directory, boolean writes) {
        this.directory = directory;
        this.writes = writes;
    }

    /** @param directory of the queue's log, see {@link HostLog#directory} */
    public static DecisionCursor reader(Path directory) {
        return new DecisionCursor(directory, false);
    }

    /** A cursor that can {@link #rewrite} entries; only the head reader has one. */
    public static DecisionCursor writer(Path directory) {
        return new DecisionCursor(directory, true);
    }

    /** Places are indexes of documents. */
    @Override
    public void startAfter(long after) throws IOException {
        rest();
        moveTo(after);
    }

    private void moveTo(long after) {
        index = after;
        final boolean isEndOfCycle = after == lastIndex(CycleFiles.cycleOf(after));
        cycle = after == NOTHING ? Integer.MIN_VALUE : CycleFiles.cycleOf(after) + (isEndOfCycle ? 1 : 0);
    }

    /** An index after those of all documents of a cycle. */
    public static long lastIndex(int cycle) {
        return CycleFiles.firstIndex(cycle + 1) - 1;
    }

    @Override
    public boolean next(long limit, Decision into) throws IOException {
        while (index < limit) {
            if (file == null && !open(CycleFiles.cycleOf(limit))) {
                skipTo(limit);
                return false;
            }
            final boolean begun = index != NOTHING && CycleFiles.cycleOf(index) == file.cycle();
            final int sequence = begun ? (int) index + 1 : 0;
            final long next = CycleFiles.firstIndex(file.cycle()) + sequence;
            if (next > limit) {
                return false;
            }
            switch (file.get(sequence, into)) {
                case FOUND -> {
                    index = next;
                    into.index = next;
                    return true;
                }
                case DAMAGED -> {
                    missing++;
                    index = next;
                }
                default -> leave(limit);
            }
        }
        return false;
    }

    /** Continues with the next file. */
    private void leave(long limit) throws IOException {
        final int left = file.cycle();
        rest();
        if (left >= CycleFiles.cycleOf(limit)) {
            skipTo(limit);
        } else {
            cycle = left + 1;
        }
    }

    /** Skips entries that were written once and do not exist any more. */
    private void skipTo(long limit) {
        missing += limit == lastIndex(CycleFiles.cycleOf(limit)) ? 0 : 1;
        moveTo(limit);
    }

    private boolean open(int last) throws IOException {
        for (int found : HostLog.cycles(directory)) {
            if (found >= cycle && found <= last) {
                final Path path = HostLog.decisions(directory, found);
                file = writes ? DecisionFile.write(path, found) : DecisionFile.read(path, found);
                if (file != null) {
                    cycle = found;
                    return true;
                }
            }
        }
        return false;
    }

    /** Writes the entry that was read last anew, to be seen by others after {@link #flush}. */
    public void rewrite(Decision decision) throws IOException {
        file.put((int) index, decision);
    }

    public void flush() throws IOException {
        if (file != null) {
            file.flush();
        }
    }

    @Override
    public long place() {
        return index;
    }

    @Override
    public int cycle() {
        return Math.max(-1, cycle);
    }

    /** Entries that could not be read, or files that were missing: at least so many documents were skipped. */
    public long missing() {
        return missing;
    }

    @Override
    public void rest() throws IOException {
        if (file != null) {
            final DecisionFile left = file;
            left.flush();
            file = null;
            left.close();
        }
    }

    @Override
    public void close() throws IOException {
        rest();
    }
}
