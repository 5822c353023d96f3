package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import java.nio.ByteBuffer;

/**
 * A lane for each state, and what a producer and the consumer do with it. What the consumer finds is written as a
 * number, a digit a record: 1 to 4 say which, 9 that it was mixed, or not where it should have been. Lanes stand in span
 * files of many, since a file each would take longer than the test.
 */
abstract class OneLane implements Lane.Handler, Lane.Nudge {

    static final int MIXED = 9;
    /** Carries an exception. */
    static final int THROWING = 3;
    /** Goes over three slots. */
    static final int LARGE = 4;

    private static final Throwable[] THROWN = {new IllegalStateException("expected")};
    private static final int LANES = 512;
    static final int SLOTS = 4;
    private static final int TRIES = 1000;
    static final int SLOT_LENGTH = 128;
    private static final int LARGE_LENGTH = 300;

    private static SpanFile sharedFile;
    private static int nextLane = LANES;

    final SpanFile file;
    final int index;
    final Lane lane;
    int found;
    volatile int nudges;

    OneLane() {
        synchronized (OneLane.class) {
            if (nextLane == LANES) {
                sharedFile = newFile();
                nextLane = 0;
            }
            file = sharedFile;
            index = nextLane++;
        }
        lane = new Lane(file, index, this);
    }

    static SpanFile newFile() {
        final SpanFile made =
                SpanFile.anonymous(new SpanFileLayout(new SpanFileLayout.Shape(SLOT_LENGTH, 64, LANES, SLOTS, 4096)));
        for (int record = 1; record <= LARGE; record++) {
            final int base = source(made, record);
            final int length = length(record);
            for (int at = Long.BYTES; at < length; at++) {
                made.buffer().put(base + at, (byte) (0x11 * record));
            }
            RecordLayout.lengthRelease(made.buffer(), base, length);
            RecordLayout.thrown(made.buffer(), base, record == THROWING ? 1 : 0);
        }
        return made;
    }

    static int length(int record) {
        return record == LARGE ? LARGE_LENGTH : SLOT_LENGTH;
    }

    static int source(SpanFile file, int record) {
        return record == LARGE ? file.layout().mediumOffset() : file.layout().stagingOffset() + record * SLOT_LENGTH;
    }

    /** Tries until there is room, or until it has tried for quite a while. */
    final int publishWhenThereIsRoom(int record) {
        int result = RecordSink.FULL;
        for (int tries = 0; result == RecordSink.FULL && tries < TRIES; tries++) {
            result = publish(record);
        }
        return result;
    }

    final int publish(int record) {
        return lane.tryPublish(source(file, record), length(record), record == THROWING ? THROWN : null);
    }

    /** What has been found up to now. */
    final int poll() {
        lane.poll(this);
        return found;
    }

    /** What has been found in the end; mixed when there is still something in the lane that is not. */
    final int pollAll() {
        poll();
        return file.lanePublished(index) == file.laneConsumedRecords(index) ? found : MIXED;
    }

    @Override
    public boolean onRecord(Lane from, long sequence, int slots) {
        found = found * 10 + which(sequence, slots);
        return true;
    }

    private int which(long sequence, int slots) {
        final ByteBuffer all = lane.buffer();
        final int first = lane.slotOffset(sequence);
        final int record = all.get(first + Long.BYTES) / 0x11;
        if (record < 1 || record > LARGE || RecordLayout.length(all, first) != length(record)) {
            return MIXED;
        }
        final int thrown = record == THROWING ? 1 : 0;
        if (RecordLayout.thrown(all, first) != thrown || lane.thrown(sequence, 0) != (thrown == 0 ? null : THROWN[0])) {
            return MIXED;
        }
        int left = length(record) - Long.BYTES;
        for (int i = 0; i < slots; i++) {
            final int slot = lane.slotOffset(sequence + i);
            for (int at = Long.BYTES; at < SLOT_LENGTH && left > 0; at++, left--) {
                final boolean header = i == 0
                        && (at >= RecordLayout.LENGTH_OFFSET && at < RecordLayout.FLAGS_OFFSET
                                || at == RecordLayout.THROWN_OFFSET);
                if (!header && all.get(slot + at) != (byte) (0x11 * record)) {
                    return MIXED;
                }
            }
        }
        return left == 0 ? record : MIXED;
    }

    @Override
    public void onMissing(Lane from, long records) {
        found = MIXED;
    }

    @Override
    public void halfFull() {
        nudges++;
    }
}
