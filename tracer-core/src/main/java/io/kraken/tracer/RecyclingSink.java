package io.kraken.tracer;

/**
 * The sink of a tracer that records nothing and only propagates contexts. Ending a span frees its record, so records
 * are never handed over, and there is no exporter. See {@link Chunks}.
 */
final class RecyclingSink implements RecordSink {

    @Override
    public int claim() {
        return NONE;
    }

    @Override
    public int share(int number) {
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
