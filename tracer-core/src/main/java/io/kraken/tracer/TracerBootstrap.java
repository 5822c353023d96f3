package io.kraken.tracer;

import io.kraken.tracer.clock.Clocks;
import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.file.DeadFiles;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.Memory;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.file.TracerStatus;
import io.kraken.tracer.process.ContainerLimits;
import io.kraken.tracer.propagation.Propagator;
import io.kraken.tracer.text.StringBytes;
import io.kraken.tracer.text.Symbols;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Assembles a tracer and takes it apart. Whatever fails, the program gets a tracer; at worst one that does nothing.
 */
final class TracerBootstrap {

    private static final System.Logger LOG = System.getLogger("io.kraken.tracer");
    /** Chunks of a tracer that records nothing: they bound the contexts propagated at the same time. */
    private static final int PASSING_CHUNKS = 16;

    private static final int PASSING_LENGTH = 128;
    private static final AtomicInteger FILES = new AtomicInteger();

    private TracerBootstrap() {}

    static Tracer start(TracerConfig given, RecordSinkProvider named) {
        final TracerConfig config = given == null ? TracerConfig.fromEnvironment() : given;
        final Tracer tracer = startAnyway(config, named);
        try {
            config.enforce();
        } catch (IllegalArgumentException e) {
            tracer.close();
            throw e;
        }
        return tracer;
    }

    private static Tracer startAnyway(TracerConfig config, RecordSinkProvider named) {
        try {
            config.conclude();
            configurePlaces(config);
            if (!config.get(TracerConfig.ENABLED)) {
                return Tracer.disabled(config, "switched off by " + TracerConfig.ENABLED.property());
            }
            final RecordSinkProvider provider = named != null ? named : findProvider();
            if (provider == null) {
                config.check(List.of());
                return Tracer.disabled(config, "no sink: ring-export is not on the class path");
            }
            config.check(provider.settings());
            return open(config, provider);
        } catch (Throwable e) {
            return afterFailure(config, e);
        }
    }

    /** A tracer that only propagates contexts; without memory for that either, one without any function. */
    private static Tracer afterFailure(TracerConfig config, Throwable failure) {
        String why = "failed to start";
        try {
            LOG.log(System.Logger.Level.WARNING, "cannot start the tracer; the program runs untraced", failure);
            why = "failed to start: " + failure;
            return Tracer.disabled(config, why);
        } catch (Throwable e) {
            return Tracer.inert(config, why);
        }
    }

    private static void configurePlaces(TracerConfig config) {
        final int asked = config.get(TracerConfig.CONTEXT_PLACES);
        final int places = TraceBaggagePool.configure(asked);
        if (places != asked) {
            config.warn(TracerConfig.CONTEXT_PLACES + " is " + asked + ", but the pool exists already, with " + places
                    + " places");
        }
    }

    private static RecordSinkProvider findProvider() {
        final Iterator<RecordSinkProvider> found =
                ServiceLoader.load(RecordSinkProvider.class).iterator();
        return found.hasNext() ? found.next() : null;
    }

    private static Tracer open(TracerConfig config, RecordSinkProvider provider) {
        FirstSpans.record(config);
        final SpanFile file = createFile(config);
        Tracer tracer = null;
        try {
            tracer = open(config, provider, file);
        } finally {
            if (tracer == null) {
                Symbols.process().detach(file.symbols());
                file.close();
            }
        }
        return tracer != null ? tracer : Tracer.disabled(config, "no destination is configured");
    }

    /** Null if there is no sink. */
    private static Tracer open(TracerConfig config, RecordSinkProvider provider, SpanFile file) {
        final TickClock clock = config.clock();
        final Recorder recorder =
                new Recorder(file, clock, config.limits(), RecordingPolicy.EVERYTHING, Recorder.Full.of(config));
        file.begin(Clocks.wallClockNs(), recorder.ids().seed0(), recorder.ids().seed1(), clock.isTsc());
        final int leftOut = file.resource(config.resource());
        if (leftOut > 0) {
            config.warn(leftOut + " resource attributes do not fit into a span file, and are left out there");
        }
        recorder.baggage(new BaggageAttributes(config.get(TracerConfig.BAGGAGE_ATTRIBUTES)));
        final RecordingController controller =
                new RecordingController(recorder, RecordingController.Settings.of(config));
        final ClockAnchors time = new ClockAnchors(config.clocks(), recorder, controller);
        time.begin();
        Symbols.process().attach(file.symbols());
        final boolean hook = config.get(TracerConfig.SHUTDOWN_HOOK);
        final RecordSink sink = provider.open(file, config, new Housekeeping(recorder, time));
        config.logWarnings(LOG);
        LOG.log(System.Logger.Level.DEBUG, config::describe);
        if (sink == null) {
            return null;
        }
        recorder.attach(sink);
        OpenRecorders.add(recorder);
        final Tracer tracer = Tracer.recording(recorder, controller, config);
        if (hook) {
            addHook(tracer, config);
        }
        return tracer;
    }

    /** The recorder of a tracer that records nothing; null if contexts are not propagated either. */
    static Recorder propagating(TracerConfig config) {
        if (config.get(TracerConfig.PROPAGATORS).equals(Propagator.NONE)) {
            return null;
        }
        FirstSpans.record(config);
        final SpanFileLayout layout =
                new SpanFileLayout(new SpanFileLayout.Shape(PASSING_LENGTH, PASSING_CHUNKS, Mem.PAGE));
        final Recorder recorder = new Recorder(
                SpanFile.anonymous(layout),
                config.clock(),
                config.limits(),
                RecordingPolicy.NOTHING,
                Recorder.Full.RECYCLING);
        recorder.attach(new RecyclingSink());
        return recorder;
    }

    private static void addHook(Tracer tracer, TracerConfig config) {
        final Thread hook = new ShutdownHook(tracer, config.get(TracerConfig.SHUTDOWN_GRACE));
        Runtime.getRuntime().addShutdownHook(hook);
        tracer.shutdownHook(hook);
    }

    private static SpanFile createFile(TracerConfig config) {
        final String where = config.get(TracerConfig.FILE);
        if (where.equals(TracerConfig.NO_FILE)) {
            config.fileNote(
                    "anonymous memory, set by " + TracerConfig.FILE.property() + ": spans do not survive the process");
            return SpanFile.anonymous(SpanFileShape.of(config, SpanFileShape.UNBOUNDED));
        }
        if (where.equals(TracerConfig.AUTO) && !Files.isDirectory(SpanFile.SHARED_MEMORY, LinkOption.NOFOLLOW_LINKS)) {
            config.fileNote("anonymous memory: " + SpanFile.SHARED_MEMORY + " does not exist; set "
                    + TracerConfig.FILE.property() + " to a directory to keep spans in a file");
            return SpanFile.anonymous(SpanFileShape.of(config, SpanFileShape.UNBOUNDED));
        }
        final SpanFileLayout layout = SpanFileShape.of(config, fileSystemBytes(where));
        try {
            final Path directory = where.equals(TracerConfig.AUTO)
                    ? SpanFile.SHARED_MEMORY.resolve(SpanFile.DIRECTORY_PREFIX + System.getProperty("user.name"))
                    : Path.of(where);
            OwnerOnly.makeDirectory(directory, LinkOption.NOFOLLOW_LINKS);
            final SpanFile file = createFitting(directory, layout, deleteDead(directory, config), config);
            config.fileNote(file.path().toString());
            return file;
        } catch (IOException | RuntimeException e) {
            config.warn("no span file in " + where + ", spans will not survive the process: " + e);
            config.fileNote("anonymous memory: " + e);
            return SpanFile.anonymous(layout);
        }
    }

    /** The size of the file system, used or not. */
    private static long fileSystemBytes(String where) {
        try {
            final Path there = where.equals(TracerConfig.AUTO) ? SpanFile.SHARED_MEMORY : Path.of(where);
            final long bytes = Files.getFileStore(there).getTotalSpace();
            return bytes > 0 ? bytes : SpanFileShape.UNBOUNDED;
        } catch (IOException | RuntimeException e) {
            return SpanFileShape.UNBOUNDED; // the directory does not exist yet
        }
    }

    /** Creates a file, with fewer records if there is no room for all. */
    private static SpanFile createFitting(Path directory, SpanFileLayout asked, DeadFiles dead, TracerConfig config)
            throws IOException {
        final String waiting = dead.kept() == 0
                ? ""
                : " (span files of dead processes awaiting recovery: " + dead.kept() + ", " + dead.keptBytes()
                        + " bytes)";
        SpanFileLayout layout = asked;
        SpanFile file = null;
        while (file == null) {
            try {
                file = SpanFile.create(directory, fileName(config), layout);
            } catch (SpanFile.NoRoomException e) {
                layout = SpanFileShape.half(layout);
                if (layout == null) {
                    throw new IOException(e.getMessage() + waiting, e);
                }
            }
        }
        if (layout != asked) {
            config.warn("no room for a span file of " + asked.length() + " bytes in " + directory + waiting
                    + ": " + TracerConfig.RECORDS + " is " + layout.shape().records() + " instead of "
                    + asked.shape().records());
        }
        return file;
    }

    /** Called before a file is created, to make room for it. */
    private static DeadFiles deleteDead(Path directory, TracerConfig config) {
        try {
            return DeadFiles.delete(directory, config.get(TracerConfig.FILES_KEPT));
        } catch (IOException | RuntimeException e) {
            config.warn("could not delete span files of dead processes in " + directory + ": " + e);
            return new DeadFiles(0, 0, 0);
        }
    }

    private static String fileName(TracerConfig config) {
        final String service = config.serviceName().replaceAll("[^A-Za-z0-9_.-]", "_");
        return service.substring(0, Math.min(60, service.length()))
                + '-'
                + ProcessHandle.current().pid()
                + '-'
                + Long.toString(System.currentTimeMillis(), 36)
                + '-'
                + FILES.incrementAndGet();
    }

    static void stop(Recorder recorder, Thread hook) {
        OpenRecorders.remove(recorder);
        Symbols.process().detach(recorder.file.symbols());
        recorder.file.close(Ledger.read(recorder.file, () -> 0).inChunks() > 0);
        if (hook != null && Thread.currentThread() != hook) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The JVM is shutting down already: the hook runs and finds the tracer closed.
            }
        }
    }

    static String describe(Recorder recorder, TracerConfig config, String why) {
        final StringBuilder text = new StringBuilder(512);
        if (recorder == null) {
            text.append("tracer: off (").append(why).append(")\n");
        } else {
            final SpanFileLayout layout = recorder.file.layout();
            final SpanFileLayout.Shape shape = layout.shape();
            text.append("tracer: ").append(config.serviceName()).append(recorder.isClosed() ? ", closed\n" : "\n");
            final int jumps = recorder.file.anchors().lines();
            text.append("clock: ").append(recorder.clock.describe());
            text.append(jumps == 0 ? "\n" : ", jumped " + jumps + " times, its rate was measured again\n");
            text.append("strings: ").append(StringBytes.describe()).append('\n');
            text.append("file: ")
                    .append(config.fileNote())
                    .append(", ")
                    .append(layout.length())
                    .append(" bytes\n");
            text.append("memory: ").append(Memory.describe()).append('\n');
            text.append("limits: ").append(describeLimits(config, layout)).append('\n');
            text.append("records: ")
                    .append(shape.records())
                    .append(" of ")
                    .append(shape.recordLength())
                    .append(" bytes")
                    .append(config.sizeNote().isEmpty() ? "" : ", as many as fit into " + config.sizeNote())
                    .append('\n');
            text.append("sampling: ")
                    .append(
                            config.sampler() != null
                                    ? config.sampler()
                                    : RecordingController.Settings.of(config).plan())
                    .append("; recorded: ")
                    .append(config.get(TracerConfig.RECORD))
                    .append('\n');
            text.append("breaker: ").append(describeBreaker(recorder, config)).append('\n');
            text.append("sink: ").append(recorder.describeSink()).append('\n');
            if (recorder.lastFailure() != null) {
                text.append("last error: ").append(recorder.lastFailure()).append('\n');
            }
        }
        for (String warning : config.warnings()) {
            text.append("warning: ").append(warning).append('\n');
        }
        return text.toString();
    }

    private static String describeLimits(TracerConfig config, SpanFileLayout layout) {
        final ContainerLimits limits = config.containerLimits();
        return limits.describe()
                + (limits.hasMemoryLimit()
                        ? String.format(
                                Locale.ROOT,
                                ", of which the span file takes %.1f %%",
                                100.0 * layout.length() / limits.memoryBytes())
                        : "");
    }

    private static String describeBreaker(Recorder recorder, TracerConfig config) {
        final TracerStatus status = recorder.file.status();
        return config.get(TracerConfig.BREAKER_ENABLED)
                ? String.format(
                        Locale.ROOT,
                        "%s, opened %d times, load %.2f; "
                                + "only what is sampled is recorded from %s on, nothing from %s on",
                        status.breaker() == null ? "unknown" : status.breaker().label(),
                        status.breakerOpened(),
                        status.load(),
                        config.get(TracerConfig.BREAKER_SAMPLED_THRESHOLD),
                        config.get(TracerConfig.BREAKER_THRESHOLD))
                : "off";
    }
}
