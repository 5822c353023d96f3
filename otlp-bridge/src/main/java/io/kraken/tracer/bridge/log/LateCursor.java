package io.kraken.tracer.bridge.log;

import java.io.IOException;
import java.nio.file.Path;

/** A reader of the decisions that were made late, in the order in which they were made. Single-threaded. */
public final class LateCursor implements LogCursor {

    private final LateFile late;
    private final DecisionCursor decisions;
    private long place = NOTHING;

    /** @param directory of the queue's log */
    public LateCursor(Path directory) {
        late = LateFile.reader(directory);
        decisions = DecisionCursor.reader(directory);
    }

    @Override
    public void startAfter(long after) {
        place = after;
    }

    @Override
    public boolean next(long limit, Decision into) throws IOException {
        while (place < limit) {
            place++;
            if (late.read(place) && decision(late.index(), into)) {
                into.late = late.records();
                return true;
            }
        }
        return false;
    }

    /** Reads the decision about this document; false when its file has been deleted. */
    private boolean decision(long index, Decision into) throws IOException {
        decisions.startAfter(index - 1);
        return decisions.next(index, into) && into.index == index;
    }

    @Override
    public long place() {
        return place;
    }

    /** The files that late spans need are held by the head reader. */
    @Override
    public int cycle() {
        return Integer.MAX_VALUE;
    }

    @Override
    public void rest() throws IOException {
        late.close();
        decisions.rest();
    }

    @Override
    public void close() throws IOException {
        rest();
    }
}
