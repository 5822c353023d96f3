package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * The probe at the end of a tracer: takes every record at once and keeps a copy, or refuses it as it is told. Keeps the
 * counters of lane 0, so that the ledger is that of a real exporter. Allocates nothing while it keeps nothing.
 */
public final class CapturingSink implements RecordSink, RecordSinkProvider {

    /** A record as it was published, with the exceptions beside it. */
    public record Published(ByteBuffer bytes, List<Throwable> thrown) {}

    private final List<Published> published = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private SpanFile file;
    private Timekeeper time;
    private long accepted;
    private boolean keeping = true;
    private IntSupplier answer = () -> 0;

    /** What every publish returns from now on, or throws; a lane means that the record is taken. */
    public synchronized CapturingSink answer(IntSupplier result) {
        answer = result;
        return this;
    }

    /** Whether records are copied or only counted. */
    public synchronized CapturingSink keeping(boolean copies) {
        keeping = copies;
        return this;
    }

    @Override
    public synchronized RecordSink open(SpanFile tracerFile, TracerConfig config, Timekeeper timekeeper) {
        file = tracerFile;
        time = timekeeper;
        accepted = 0;
        return this;
    }

    @Override
    public synchronized int publish(int offset, int length, int lane, Throwable[] thrown) {
        final int result = answer.getAsInt();
        if (result >= 0) {
            if (keeping) {
                keep(offset, length, thrown);
            }
            accepted++;
            file.lanePublished(0, accepted);
            file.laneConsumed(0, accepted, accepted);
            file.counters().increment(Counter.SHIPPED);
        }
        return result;
    }

    private void keep(int offset, int length, Throwable[] thrown) {
        final byte[] bytes = new byte[length];
        file.buffer().get(offset, bytes);
        final List<Throwable> exceptions = new ArrayList<>();
        for (int i = 0; i < RecordLayout.thrown(file.buffer(), offset); i++) {
            exceptions.add(thrown[i]);
        }
        published.add(new Published(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), exceptions));
    }

    @Override
    public long waiting() {
        return 0;
    }

    @Override
    public synchronized void close(long timeoutNs) {
        calls.add("close " + timeoutNs);
        answer = () -> CLOSED;
    }

    @Override
    public String describe() {
        return "a probe";
    }

    synchronized List<Published> published() {
        return List.copyOf(published);
    }

    synchronized Published last() {
        return published.get(published.size() - 1);
    }

    public synchronized void forget() {
        published.clear();
    }

    public synchronized long accepted() {
        return accepted;
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    Timekeeper time() {
        return time;
    }
}
