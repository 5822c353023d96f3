package io.kraken.tracer.bridge.log;

import io.kraken.tracer.ring.queue.CycleFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Where the log of a queue ends, for the head reader after a start.
 *
 * @param index of the last document with an entry; {@link DecisionCursor#NOTHING}: there is none
 * @param number the number of that document
 * @param decided index of the last document up to which all decisions are made
 */
public record LogEnd(long index, long number, long decided) {

    public boolean isPresent() {
        return index != DecisionCursor.NOTHING;
    }

    /** @param directory of the queue's log */
    public static LogEnd of(Path directory) throws IOException {
        final int[] cycles = HostLog.cycles(directory);
        final Decision decision = new Decision();
        long index = DecisionCursor.NOTHING;
        long number = 0;
        for (int i = cycles.length - 1; i >= 0; i--) {
            try (DecisionFile file = DecisionFile.write(HostLog.decisions(directory, cycles[i]), cycles[i])) {
                final int entries = file.entries();
                if (index == DecisionCursor.NOTHING && entries > 0) {
                    index = CycleFiles.firstIndex(cycles[i]) + entries - 1;
                    file.get(entries - 1, decision);
                    number = decision.number;
                }
                final int decided = decided(file, entries, decision);
                if (decided > 0) {
                    return new LogEnd(index, number, CycleFiles.firstIndex(cycles[i]) + decided - 1);
                }
            }
        }
        return new LogEnd(index, number, DecisionCursor.NOTHING);
    }

    /** The number of decided entries: decisions are made in order. */
    private static int decided(DecisionFile file, int entries, Decision decision) throws IOException {
        int low = 0;
        int high = entries;
        while (low < high) {
            final int middle = low + high >>> 1;
            if (file.get(middle, decision) == DecisionFile.Read.FOUND && !decision.decided) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
