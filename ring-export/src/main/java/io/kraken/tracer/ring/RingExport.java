package io.kraken.tracer.ring;

import io.kraken.tracer.Housekeeping;
import io.kraken.tracer.RecordSink;
import io.kraken.tracer.RecordSinkProvider;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.settings.Setting;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/**
 * The connection of a tracer to a destination: chunk rings, exporter agent and sink. It is found automatically on the
 * class path; a program that uses its own sink, or runs the exporter on its own thread, creates one and passes it to
 * {@code Tracer.create}.
 */
public final class RingExport implements RecordSinkProvider {

    /** A batch contains at most all records divided by 2 to this power. */
    private static final int BATCH_SHIFT = 2;

    /** What a sink needs: the memory that records refer to, and the settings. */
    public record Environment(SpanFile file, TracerConfig config) {}

    private Function<Environment, BatchSink> sinks = Sinks::configured;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private boolean ownThread = true;
    private Exporter exporter;

    /** Uses this sink instead of the configured one. */
    public RingExport sink(Function<Environment, BatchSink> factory) {
        sinks = factory;
        return this;
    }

    /**
     * Starts no thread: the program calls {@link #doWork} repeatedly, from one thread, and closes the tracer from the
     * same thread.
     */
    public RingExport drivenByCaller() {
        ownThread = false;
        return this;
    }

    RingExport clock(NanoClock stepped) {
        clock = stepped;
        return this;
    }

    /** Runs one duty cycle, for use after {@link #drivenByCaller}; returns the amount of work done. */
    public int doWork() {
        return exporter == null ? 0 : exporter.doWork();
    }

    @Override
    public List<Setting<?>> settings() {
        return ExportSettings.all();
    }

    @Override
    public RecordSink open(SpanFile file, TracerConfig config, Housekeeping housekeeping) {
        final BatchSink sink = sinks.apply(new Environment(file, config));
        if (sink == null) {
            return null;
        }
        final Exporter opened = new Exporter();
        final int chunks = file.layout().shape().chunks();
        final int resting = ChunkSweep.mostResting(file.layout().shape().records()) / SpanFileLayout.CHUNK_RECORDS;
        final ChunkRings rings = new ChunkRings(chunks, (chunks - resting) / 2, opened);
        final StackTraces stackTraces = new StackTraces(
                housekeeping,
                file.counters(),
                Math.min(config.get(ExportSettings.STACK_TRACE_BYTES), config.get(TracerConfig.MAX_VALUE_LENGTH)),
                TimeUnit.MILLISECONDS.toNanos(config.get(ExportSettings.STACK_TRACE_MILLIS)));
        final Batch batch = new Batch(
                file,
                stackTraces,
                mostInBatch(file.layout().shape().records(), config.get(ExportSettings.BATCH_RECORDS)),
                config.get(ExportSettings.BATCH_BYTES) + StackTraces.MESSAGES_LENGTH);
        final ExporterAgent.Wiring wiring = new ExporterAgent.Wiring(
                clock,
                TimeUnit.MILLISECONDS.toNanos(sink.batchMillis(config.get(ExportSettings.BATCH_MILLIS))),
                config.get(TracerConfig.ABANDON_AFTER).toNanos(),
                opened::onError);
        final ExporterAgent agent = new ExporterAgent(file, rings, batch, sink, housekeeping, wiring);
        opened.begin(file, rings, agent, sink);
        if (ownThread) {
            opened.start(TimeUnit.MILLISECONDS.toNanos(config.get(ExportSettings.SWEEP_MILLIS)));
        }
        exporter = opened;
        return opened;
    }

    /** Limits the batch to a share of all records, since a batch keeps its records in use. */
    private static int mostInBatch(int records, int wanted) {
        return Math.min(wanted, Math.max(1, records >> BATCH_SHIFT));
    }
}
