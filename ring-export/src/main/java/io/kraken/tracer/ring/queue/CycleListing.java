package io.kraken.tracer.ring.queue;

import java.io.IOException;
import java.nio.file.Path;

/** The cycles of a queue, for a reader that asks often: lists the directory only when it changed. Single-threaded. */
public final class CycleListing {

    /** Cycle that none comes before. */
    public static final int NO_CYCLE = -1;

    private final Path directory;
    private final DirectoryChanges changes;
    private int[] cycles = {};

    public CycleListing(Path directory) {
        this.directory = directory;
        changes = new DirectoryChanges(directory);
    }

    /** The first cycle after this one; {@link #NO_CYCLE} if there is none. */
    public int after(int cycle) throws IOException {
        if (changes.mayHaveChanged()) {
            list();
        }
        for (int later : cycles) {
            if (later > cycle) {
                return later;
            }
        }
        return NO_CYCLE;
    }

    private void list() throws IOException {
        boolean listed = false;
        try {
            cycles = CycleFiles.cycles(directory);
            listed = true;
        } finally {
            if (!listed) {
                changes.forget();
            }
        }
    }
}
