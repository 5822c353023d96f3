package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** A real tracer whose exporter and clock are driven by the test. Log records are kept instead of printed. */
public final class Rig implements AutoCloseable {

    public static final SpanName OUTER = SpanName.of("rig.outer");
    public static final SpanName INNER = SpanName.of("rig.inner");
    public static final Key.LongKey NUMBER = Key.ofLong("number");
    public static final Key.StringKey TEXT = Key.ofString("text");

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

    /** Strongly referenced, since a logger that is garbage-collected loses its settings. */
    private static final Logger LOG = Logger.getLogger("io.kraken.tracer");

    public final Tracer tracer;
    public final List<String> logged = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            logged.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private final RingExport export;
    private BatchSink sink;
    private long nowNs = 1;

    public Rig(Function<RingExport.Environment, BatchSink> sinks, TracerConfig settings) {
        LOG.setUseParentHandlers(false);
        LOG.addHandler(handler);
        export = new RingExport()
                .drivenByCaller()
                .clock(() -> nowNs)
                .sink(environment -> sink = sinks.apply(environment));
        tracer = Tracer.create(settings, export);
        assertEquals(true, tracer.isEnabled(), tracer.describe());
    }

    /** Settings: private memory, few records, no delay to fill batches. */
    public static TracerConfig settings() {
        return new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.SHUTDOWN_HOOK, false)
                .with(TracerConfig.CLOCK, "nanotime")
                .with(TracerConfig.RECORDS, 1024)
                .with(ExportSettings.STACK_TRACE_MILLIS, 60_000)
                .with(ExportSettings.BATCH_MILLIS, 0)
                .serviceName("rig");
    }

    public static Rig of(Function<RingExport.Environment, BatchSink> sinks) {
        return new Rig(sinks, settings());
    }

    /** Decoded spans of real batches, with everything that a span can have; in the order of their starts. */
    public static List<SpanData> decoded(java.util.function.Consumer<Tracer> program) {
        final Collecting collecting = new Collecting();
        try (Rig rig = Rig.of(collecting::with)) {
            program.accept(rig.tracer);
            rig.doWork();
        }
        // A span with exceptions arrives once these have been read.
        collecting.spans.sort(Comparator.comparingLong(SpanData::startNs));
        return collecting.spans;
    }

    public BatchSink sink() {
        return sink;
    }

    public long nowNs() {
        return nowNs;
    }

    /** Records traces of two spans each. */
    public Rig record(int traces) {
        for (int i = 0; i < traces; i++) {
            try (Span outer = tracer.start(OUTER, SpanKind.SERVER)) {
                outer.set(NUMBER, i).set(TEXT, "n\u00e4chste " + i);
                try (Span inner = tracer.start(INNER)) {
                    inner.event("tried").set(NUMBER, i);
                    inner.error("wrong");
                }
            }
        }
        return this;
    }

    public int doWork() {
        return export.doWork();
    }

    public Rig step(long millis) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(millis);
        doWork();
        return this;
    }

    /** Runs duty cycles, at the current time of the stepped clock, until the condition holds. */
    public void until(BooleanSupplier condition) {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                fail("timed out: " + ledger() + '\n' + ledger().details() + tracer.describe());
            }
            doWork();
            LockSupport.parkNanos(100_000);
        }
    }

    public Ledger ledger() {
        return tracer.ledger();
    }

    public long count(Counter counter) {
        return ledger().count(counter);
    }

    /** Closes the tracer and checks that every span is accounted for and none is left in the sink. */
    public Ledger closed(Duration timeout) {
        final Ledger ledger = tracer.close(timeout);
        assertEquals(0, ledger.lost(), ledger + "\n" + ledger.details());
        assertEquals(0, ledger.waiting(), ledger.toString());
        assertEquals(0, ledger.count(Counter.INTERNAL_ERRORS), tracer.describe());
        return ledger;
    }

    @Override
    public void close() {
        LOG.removeHandler(handler);
        closed(Duration.ofMillis(500));
    }

    /** A sink that decodes the spans it is offered. */
    public static final class Collecting implements BatchSink {
        final List<SpanData> spans = new ArrayList<>();
        private SpanDecoder decoder;
        private RingExport.Environment environment;

        Collecting with(RingExport.Environment given) {
            environment = given;
            decoder = new SpanDecoder(given.file(), given.config().resource());
            return this;
        }

        @Override
        public boolean keepsUnsampled() {
            return true;
        }

        @Override
        public void offer(Batch batch, long nowNs) {
            final List<SpanData> decoded = decoder.decode(batch, 0);
            spans.addAll(decoded);
            environment.file().counters().add(Counter.SHIPPED, decoded.size());
            batch.clear();
        }

        @Override
        public String describe() {
            return "a list";
        }
    }
}
