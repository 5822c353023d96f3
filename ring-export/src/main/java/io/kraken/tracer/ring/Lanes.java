package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.SpanFile;
import java.util.concurrent.locks.LockSupport;

/**
 * The fixed set of lanes between any number of threads and one exporter. A thread goes where it had room the last
 * time, and on to the next lane when that one is busy or full; only when none has taken the record is it dropped.
 */
final class Lanes {

    private static final int BUSY_ROUNDS = 256;
    private static final long WAIT_STEP_NS = 20_000;

    private final Lane[] lanes;
    private final int mask;
    private final long fullWaitNs;
    private final Lane.Nudge nudge;

    Lanes(SpanFile file, long fullWaitNs, Lane.Nudge nudge) {
        this.lanes = new Lane[file.layout().shape().lanes()];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new Lane(file, i, nudge);
        }
        this.mask = lanes.length - 1;
        this.fullWaitNs = fullWaitNs;
        this.nudge = nudge;
    }

    int publish(int offset, int length, int hint, Throwable[] thrown) {
        final int first = hint & mask;
        final int result = lanes[first].tryPublish(offset, length, thrown);
        return result == Lane.PUBLISHED ? first : publishElsewhere(offset, length, first, thrown);
    }

    private int publishElsewhere(int offset, int length, int first, Throwable[] thrown) {
        int result = tryAll(offset, length, first, thrown);
        for (int round = 0; result == RecordSink.BUSY && round < BUSY_ROUNDS; round++) {
            Thread.onSpinWait();
            result = tryAll(offset, length, first, thrown);
        }
        if (result >= 0 || result == RecordSink.CLOSED || fullWaitNs == 0) {
            return result;
        }
        final long deadline = System.nanoTime() + fullWaitNs;
        while (result < 0 && result != RecordSink.CLOSED && System.nanoTime() - deadline < 0) {
            nudge.halfFull();
            LockSupport.parkNanos(WAIT_STEP_NS);
            result = tryAll(offset, length, first, thrown);
        }
        return result;
    }

    /** The lane that took it; else BUSY when one might have, FULL when all had no room, CLOSED when all are shut. */
    private int tryAll(int offset, int length, int first, Throwable[] thrown) {
        int worst = RecordSink.CLOSED;
        for (int i = 0; i < lanes.length; i++) {
            final int lane = (first + i) & mask;
            final int result = lanes[lane].tryPublish(offset, length, thrown);
            if (result == Lane.PUBLISHED) {
                return lane;
            }
            if (result == RecordSink.BUSY || worst == RecordSink.CLOSED) {
                worst = result;
            }
        }
        return worst;
    }

    int count() {
        return lanes.length;
    }

    Lane lane(int index) {
        return lanes[index];
    }

    /** Lets nobody in any more; false while a producer is still at work in one of them. */
    boolean shut() {
        boolean all = true;
        for (Lane lane : lanes) {
            all &= lane.shut();
        }
        return all;
    }
}
