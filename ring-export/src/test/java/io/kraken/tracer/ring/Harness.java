package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A tracer with a sink chosen by the test, and checks of its ledger. */
public final class Harness<S extends BatchSink> {

    public static final SpanName WORK = SpanName.of("work");

    private static final long PATIENCE_NS = Duration.ofSeconds(60).toNanos();

    public final Tracer tracer;
    public final RingExport export;
    public final TracerConfig config;
    public S sink;

    private Harness(TracerConfig config, Function<RingExport.Environment, S> factory, RingExport export) {
        this.config = config;
        this.export = export.sink(environment -> sink = factory.apply(environment));
        this.tracer = Tracer.create(config, this.export);
        assertTrue(tracer.isEnabled(), tracer::describe);
    }

    /** Settings: few records, private memory, every batch offered at once. */
    public static TracerConfig config() {
        return new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName("rig")
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.SHUTDOWN_HOOK, false)
                .with(TracerConfig.RECORDS, 4096)
                .with(ExportSettings.STACK_TRACE_MILLIS, 60_000) // more than a busy machine needs
                .with(ExportSettings.BATCH_MILLIS, 0);
    }

    /** The exporter runs only when the test calls {@link #sweep}. */
    public static <S extends BatchSink> Harness<S> driven(
            TracerConfig config, Function<RingExport.Environment, S> factory) {
        return new Harness<>(config, factory, new RingExport().drivenByCaller());
    }

    public static <S extends BatchSink> Harness<S> driven(
            TracerConfig config, Function<RingExport.Environment, S> factory, RingExport export) {
        return new Harness<>(config, factory, export.drivenByCaller());
    }

    /** The exporter runs on its own thread, as in a service. */
    public static <S extends BatchSink> Harness<S> threaded(
            TracerConfig config, Function<RingExport.Environment, S> factory) {
        return new Harness<>(config, factory, new RingExport());
    }

    /** One duty cycle. */
    public int sweep() {
        return export.doWork();
    }

    /** Starts and ends this number of spans. */
    public void spans(int count) {
        for (int i = 0; i < count; i++) {
            tracer.start(WORK, SpanKind.SERVER).end();
        }
    }

    public Span detached() {
        return tracer.startDetached(WORK, SpanKind.SERVER);
    }

    public long count(Counter counter) {
        return tracer.file().counters().get(counter);
    }

    public Ledger close() {
        return assertCloses(tracer.close(Duration.ofSeconds(30)));
    }

    /** Asserts that the ledger accounts for every span, by each of its sums. */
    public static Ledger assertCloses(Ledger ledger) {
        assertEquals(0, ledger.lost(), ledger::toString);
        assertEquals(ledger.ended() + ledger.open(), ledger.started(), ledger::toString);
        assertEquals(ledger.unrecorded() + ledger.published() + ledger.dropped(), ledger.ended(), ledger::toString);
        assertEquals(
                ledger.shipped() + ledger.notKept() + ledger.rejected() + ledger.buffered(),
                ledger.published(),
                ledger::toString);
        assertTrue(ledger.inChunks() >= 0 && ledger.waiting() >= 0 && ledger.open() >= 0, ledger::toString);
        return ledger;
    }

    public static void await(String what, BooleanSupplier condition) {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "timed out waiting for " + what);
            LockSupport.parkNanos(100_000);
        }
    }
}
