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
 * Connects a tracer to a destination: the chunk rings, the exporter agent, a sink. Found by itself when it is on the
 * class path; a program that wants a sink of its own, or wants to run the exporter on a thread of its own, makes one
 * and passes it to {@code Tracer.create}.
 */
public final class RingExport implements RecordSinkProvider {

    /** A batch is full, at the latest, with this part of all records. */
    private static final int BATCH_SHIFT = 2;

    /** What a sink needs to know: the memory that records refer to, and the settings. */
    public record Environment(SpanFile file, TracerConfig config) {}

    private Function<Environment, BatchSink> sinks = Sinks::configured;
    private NanoClock clock = SystemNanoClock.INSTANCE;
    private boolean ownThread = true;
    private Exporter exporter;

    /** Sends spans here instead of where the settings say. */
    public RingExport sink(Function<Environment, BatchSink> factory) {
        sinks = factory;
        return this;
    }

    /**
     * No thread is started: the program calls {@link #doWork} again and again, from one thread, and closes the
     * tracer from it.
     */
    public RingExport drivenByCaller() {
        ownThread = false;
        return this;
    }

    RingExport clock(NanoClock stepped) {
        clock = stepped;
        return this;
    }

    /** One duty cycle, where no thread of its own does them; returns how much there was to do. */
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

    /** A batch keeps its records in use, so of few records it must not wait for many. */
    private static int mostInBatch(int records, int wanted) {
        return Math.min(wanted, Math.max(1, records >> BATCH_SHIFT));
    }
}
