package io.kraken.tracer;

import io.kraken.tracer.file.SpanFileLayout;

/**
 * The sink of a tracer that records nothing and only passes contexts on: whoever ends a span frees its record, so
 * nothing is ever taken, and there is no exporter.
 */
final class RecyclingSink implements RecordSink {

    private final Recorder recorder;
    private final SpanFileLayout layout;

    RecyclingSink(Recorder recorder) {
        this.recorder = recorder;
        this.layout = recorder.layout;
        for (int chunk = 0; chunk < layout.shape().chunks(); chunk++) {
            recorder.memory.putLongRelease(recorder.memory.address(layout.freeOffset(chunk)), -1);
        }
    }

    @Override
    public int claim() {
        return NONE;
    }

    @Override
    public int share(int number) {
        final int found = find(number);
        if (found != NONE || !recorder.unfinished.begin()) {
            return found;
        }
        for (int record = 0; record < layout.shape().records(); record++) {
            recorder.unfinished.any |= !recorder.chunks.span(record).finishForOwner();
        }
        return find(number);
    }

    private int find(int number) {
        final int chunks = layout.shape().chunks();
        for (int i = 0; i < chunks; i++) {
            final int chunk = Math.floorMod(number + i, chunks);
            if (recorder.memory.getLong(recorder.memory.address(layout.freeOffset(chunk))) != 0) {
                return chunk;
            }
        }
        return NONE;
    }

    @Override
    public void pass(int chunk) {}

    @Override
    public void usedUp(int chunk) {}

    @Override
    public void nudge() {}

    @Override
    public double occupancy() {
        return 0;
    }

    @Override
    public long waiting() {
        return 0;
    }

    @Override
    public void close(long timeoutNs) {}

    @Override
    public String describe() {
        return "nothing is recorded";
    }
}
