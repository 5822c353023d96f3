package io.kraken.tracer;

import io.kraken.tracer.file.RecordLayout;

/**
 * What the exporter does for a tracer beside exporting, and what it needs to know of spans that is not in their
 * records. For the exporter's thread alone.
 */
public final class Housekeeping {

    private final Recorder recorder;
    private final ClockAnchors time;

    Housekeeping(Recorder recorder, ClockAnchors time) {
        this.recorder = recorder;
        this.time = time;
    }

    /** In each duty cycle. Returns whether there was something to do. */
    public boolean doWork(long nowNs) {
        recorder.chunks.feed();
        recorder.threads.pruneNext(recorder.unfinished);
        return time.keep(nowNs);
    }

    /** An exception of an ended span whose stack trace is still to be written; null when there is none. */
    public Throwable thrown(int record, int number) {
        final int place = recorder.chunks.span(record).thrown;
        return place == ThrownPool.NONE || number >= ThrownPool.MOST_OF_SPAN
                ? null
                : recorder.chunks.thrown.at(place)[number];
    }

    /** Takes note of a class of exceptions that was met, for callers; on any thread, and may take its time. */
    public void met(Class<?> exception) {
        recorder.chunks.thrown.plainMessages.learn(exception);
    }

    /** Whether callers write the messages of exceptions of this class themselves. */
    public boolean isPlain(Class<?> exception) {
        return recorder.chunks.thrown.plainMessages.isPlain(exception);
    }

    /** Forgets what was kept beside the record of a span that has been taken. */
    public void taken(int record) {
        final Span span = recorder.chunks.span(record);
        final int place = span.thrown;
        if (place != ThrownPool.NONE) {
            span.thrown = ThrownPool.NONE;
            recorder.chunks.thrown.release(place);
        }
    }

    /**
     * Takes a span that is open from its user, who can do nothing with it from now on.
     *
     * @return whether nobody can be writing into its record any more; false: ask again
     */
    public boolean abandon(int record) {
        return recorder.chunks.span(record).abandon();
    }

    /**
     * Whether spans are to be finished that their users could not finish: then {@link #finish} is to be asked of each
     * that is open, one time.
     */
    public boolean beginFinishing() {
        return recorder.unfinished.begin();
    }

    /**
     * Finishes the end of a span that is open, where something is left of it to be done and this is the time.
     *
     * @return whether its record says now that it has ended
     */
    public boolean finish(int record) {
        final Span span = recorder.chunks.span(record);
        if (!span.finishForOwner()) {
            recorder.unfinished.any = true;
        }
        final int state = RecordLayout.state(RecordLayout.commitWordAcquire(recorder.memory, span.home));
        return state == RecordLayout.DONE || state == RecordLayout.PASSED;
    }

    /** Whether the span has been taken from its user, and nobody may have been told so yet. */
    public boolean isAbandoned(int record) {
        return recorder.chunks.span(record).isAbandoned();
    }

    /** What ticks amount to, about. */
    public double nanosPerTick() {
        return recorder.nanosPerTick();
    }

    public long ticks() {
        return recorder.clock.ticks();
    }
}
