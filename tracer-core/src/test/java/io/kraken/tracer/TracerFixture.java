package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.text.Symbols;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A tracer for a test, with a capturing sink. After each test its ledger must balance, before and after the tracer is
 * closed, and no span may be open that the test has not announced.
 */
public final class TracerFixture implements AfterEachCallback {

    private static final Set<Counter> NOT_PROBLEMS = Set.of(
            Counter.TAKEN,
            Counter.PASSED_TAKEN,
            Counter.PARTS_TAKEN,
            Counter.SHIPPED,
            Counter.ANCHORS,
            Counter.SYMBOLS_FULL,
            Counter.ERRORS,
            Counter.COST_SPANS,
            Counter.COST_NANOS);

    private static final Logger LOG = Logger.getLogger("io.kraken.tracer");

    static {
        LOG.setUseParentHandlers(false); // logged messages are checked, not printed
    }

    public final CapturingSink sink = new CapturingSink();
    final SteppedClock clock = new SteppedClock();

    private TracerConfig config = config();
    private Tracer tracer;
    private long openAtEnd;
    private long untakenAtEnd;

    /** The number of records. */
    static final int RECORDS = 512;

    /** The number of records of a chunk. */
    static final int CHUNK = SpanFileLayout.CHUNK_RECORDS;

    /** Small, in anonymous memory, with the stepped clock, without a shutdown hook. */
    TracerConfig config() {
        return new TracerConfig()
                .clock(clock, clock::epochNs)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.RECORDS, RECORDS)
                .with(TracerConfig.BREAKER_ENABLED, false)
                .with(TracerConfig.SHUTDOWN_HOOK, false);
    }

    public <T> TracerFixture with(Setting<T> setting, T value) {
        config.with(setting, value);
        return this;
    }

    TracerFixture settings(TracerConfig other) {
        config = other;
        return this;
    }

    public Tracer tracer() {
        if (tracer == null) {
            tracer = Tracer.create(config, sink);
            assertTrue(tracer.isEnabled(), tracer::describe);
        }
        return tracer;
    }

    /** Announces spans that the test leaves open. */
    public void leavesOpen(long spans) {
        openAtEnd = spans;
    }

    /** Announces spans that the test keeps the sink from taking. */
    void untaken(long spans) {
        untakenAtEnd = spans;
    }

    /** All spans published so far as an indented tree. */
    public String picture() {
        return Picture.of(tracer().file().symbols(), sink.published());
    }

    /** The same once this many spans have ended, on whatever threads. */
    public String picture(int spans) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (sink.accepted() < spans) {
            assertTrue(System.nanoTime() < deadline, () -> "not yet " + spans + " spans, but\n" + picture());
            Thread.onSpinWait();
        }
        return picture();
    }

    /** The header and entries of the span published last. */
    public ByteBuffer lastRecord() {
        return sink.last().bytes();
    }

    public long count(Counter counter) {
        return tracer().ledger().count(counter);
    }

    /** Waits until a counter has reached a value, on whatever threads. */
    public void await(Counter counter, long count) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (count(counter) < count) {
            assertTrue(System.nanoTime() < deadline, () -> counter + " is " + count(counter) + ", not " + count);
            Thread.onSpinWait();
        }
    }

    /** Every misuse, error and loss counted so far, by its label, except what depends on earlier tests. */
    public Map<String, Long> problems() {
        final Map<String, Long> counts = new LinkedHashMap<>();
        tracer().ledger().counts().forEach((counter, count) -> {
            if (count != 0 && !NOT_PROBLEMS.contains(counter)) {
                counts.put(counter.label(), count);
            }
        });
        return counts;
    }

    /** The messages logged meanwhile. */
    public static List<String> logOf(Runnable work) {
        final List<String> messages = new ArrayList<>();
        final Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                messages.add(logged.getLevel() + " " + logged.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        LOG.addHandler(handler);
        try {
            work.run();
        } finally {
            LOG.removeHandler(handler);
        }
        return messages;
    }

    /** Fills the part of the symbol table for run-time texts, for the rest of the process. */
    static void fillSymbols() {
        for (int i = 0; Symbols.process().lookUp("filler-" + i + "-".repeat(200)) != null; i++) {
            assertTrue(i < 10_000, "the table is bounded");
        }
        for (int i = 0; Symbols.process().lookUp("f" + i) != null; i++) {
            assertTrue(i < 100_000, "the table is bounded");
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (tracer == null) {
            return;
        }
        // A server's span ends after its response, which a test may have received by then.
        final long deadlineNs = System.nanoTime() + 10_000_000_000L;
        while (tracer.ledger().open() != openAtEnd && System.nanoTime() - deadlineNs < 0) {
            Thread.onSpinWait();
        }
        assertCloses(tracer.ledger());
        tracer.close(Duration.ZERO);
        assertCloses(tracer.ledger());
    }

    private void assertCloses(Ledger ledger) {
        assertEquals(0, ledger.lost(), ledger::toString);
        assertEquals(openAtEnd, ledger.open(), ledger::toString);
        assertEquals(sink.accepted(), ledger.taken(), ledger::toString);
        assertTrue(ledger.inChunks() >= untakenAtEnd, ledger::toString); // spans that end after the close stay there
        assertEquals(
                ledger.started(),
                ledger.open() + ledger.unrecorded() + ledger.dropped() + ledger.published(),
                ledger::toString);
    }
}
