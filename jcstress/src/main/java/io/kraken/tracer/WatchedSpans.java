package io.kraken.tracer;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.sampling.Sampler;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** A tracer for all states of a test, with a sink that remembers of each staging record what was published last. */
final class WatchedSpans implements RecordSink {

    static final int MALFORMED = -1;

    private static final int RECORD_LENGTH = 256;
    private static final int SYMBOL_BYTES = 4096;

    final Recorder recorder;
    final Tracer tracer;

    private final SpanFile file;
    private final AtomicIntegerArray published;
    private final AtomicIntegerArray attributes;
    private final AtomicIntegerArray holders;

    WatchedSpans(int stagingRecords) {
        this(stagingRecords, null);
    }

    /** @param sampler null for that of the settings */
    WatchedSpans(int stagingRecords, Sampler sampler) {
        file = SpanFile.anonymous(
                new SpanFileLayout(new SpanFileLayout.Shape(RECORD_LENGTH, stagingRecords, 1, 4, SYMBOL_BYTES)));
        final TracerConfig config = new TracerConfig().sampler(sampler).conclude();
        recorder = new Recorder(file, new NanoClock("a stress test"), config.limits(), Policy.EVERYTHING);
        recorder.attach(this);
        file.recording(true);
        tracer = Tracer.recording(recorder, new Governor(recorder, Governor.Settings.of(config)), config);
        published = new AtomicIntegerArray(stagingRecords);
        attributes = new AtomicIntegerArray(stagingRecords);
        holders = new AtomicIntegerArray(stagingRecords);
    }

    /** How often a record of this span's place has been published. */
    int published(Span span) {
        return published.get(span.index);
    }

    /** How many attributes it had the last time. */
    int attributes(Span span) {
        return attributes.get(span.index);
    }

    /** False when somebody else has the span as well. */
    boolean hold(Span span) {
        return holders.compareAndSet(span.index, 0, 1);
    }

    /** False when the span was closed meanwhile, or its record says that it is free. */
    boolean letGo(Span span) {
        final boolean open = span.isRecording() && recorder.buffer.getLong(span.home) == span.lease;
        holders.set(span.index, 0);
        return open;
    }

    @Override
    public int publish(int offset, int length, int lane, Throwable[] thrown) {
        final int index = (offset - file.layout().stagingOffset()) / RECORD_LENGTH;
        final EntryCursor entries =
                new EntryCursor().wrap(recorder.buffer, offset + RecordLayout.HEADER_LENGTH, offset + length);
        int count = 0;
        while (entries.next()) {
            count++;
        }
        final boolean whole = !entries.malformed() && RecordLayout.length(recorder.buffer, offset) == length;
        attributes.set(index, whole ? count : MALFORMED);
        published.incrementAndGet(index);
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
        return "watched";
    }
}
