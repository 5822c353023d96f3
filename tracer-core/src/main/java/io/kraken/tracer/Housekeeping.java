package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;

/**
 * The work that the exporter does for a tracer besides exporting, and the state of spans that is not in their records.
 * For the exporter's thread only.
 */
public final class Housekeeping {

    private final Recorder recorder;
    private final ClockAnchors clockAnchors;

    Housekeeping(Recorder recorder, ClockAnchors clockAnchors) {
        this.recorder = recorder;
        this.clockAnchors = clockAnchors;
    }

    /** Called in each duty cycle. Returns whether there was something to do. */
    public boolean doWork(long nowNs) {
        recorder.chunks.feed();
        recorder.threads.pruneNext(recorder.unfinished);
        return clockAnchors.keep(nowNs);
    }

    /** An exception of an ended span whose stack trace is still to be written; null if there is none. */
    public Throwable thrown(int record, int number) {
        final int place = recorder.chunks.span(record).thrown;
        return place == ThrownPool.NONE || number >= ThrownPool.MOST_OF_SPAN
                ? null
                : recorder.chunks.thrown.at(place)[number];
    }

    /**
     * Determines whether recording threads may read the messages of this class of exceptions themselves. Runs on any
     * thread, may load classes and take long.
     */
    public void met(Class<?> exception) {
        recorder.chunks.thrown.plainMessages.learn(exception);
    }

    /** Whether the recording threads write the messages of exceptions of this class themselves. */
    public boolean isPlain(Class<?> exception) {
        return recorder.chunks.thrown.plainMessages.isPlain(exception);
    }

    /** Releases what was kept beside the record of a span that has been taken. */
    public void taken(int record) {
        final Span span = recorder.chunks.span(record);
        final int place = span.thrown;
        if (place != ThrownPool.NONE) {
            span.thrown = ThrownPool.NONE;
            recorder.chunks.thrown.release(place);
        }
    }

    /**
     * Takes an open span from its user, whose later calls on it are refused and counted.
     *
     * @return true if no thread can be writing into its record any more; false: call again later
     */
    public boolean abandon(int record) {
        return recorder.chunks.span(record).abandon();
    }

    /**
     * Whether there are spans whose end was interrupted: then {@link #finish} must be called once for each open span.
     */
    public boolean beginFinishing() {
        return recorder.unfinished.begin();
    }

    /**
     * Finishes the interrupted end of an open span, if it can be finished now.
     *
     * @return whether its record is now marked as ended
     */
    public boolean finish(int record) {
        final Span span = recorder.chunks.span(record);
        if (!span.finishForOwner()) {
            recorder.unfinished.any = true;
        }
        final int state = RecordLayout.state(RecordLayout.commitWordAcquire(recorder.memory, span.home));
        return state == RecordLayout.DONE || state == RecordLayout.PASSED;
    }

    /** Whether the span has been taken from its user, who may not have noticed yet. */
    public boolean isAbandoned(int record) {
        return recorder.chunks.span(record).isAbandoned();
    }

    /** The approximate length of a tick. */
    public double nanosPerTick() {
        return recorder.nanosPerTick();
    }

    public long ticks() {
        return recorder.clock.ticks();
    }
}
