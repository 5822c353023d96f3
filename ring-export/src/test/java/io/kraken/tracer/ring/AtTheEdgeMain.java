package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.propagation.HeaderSetter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Program that starts, fills and ends spans near the end of the stack, a few bytes further from it each time, so that
 * the stack overflows inside each of the tracer's methods; then checks that no record or place is lost.
 */
final class AtTheEdgeMain {

    private static final int RECORDS = 8192;
    private static final int CHUNK = 64;

    private static final SpanName OUTER = SpanName.of("outer");
    private static final SpanName INNER = SpanName.of("inner");
    private static final Key.LongKey NUMBER = Key.ofLong("number");
    private static final Key.StringKey TEXT = Key.ofString("text");
    private static final Key.LongsKey NUMBERS = Key.ofLongs("numbers");
    private static final long[] LONGS = new long[200];
    private static final HeaderSetter<AtTheEdgeMain> NOWHERE = (edge, name, value) -> {};

    /** Number of spans that can carry trace state or baggage at the same time. */
    private static final int PLACES = 512;

    /** Number of records of a tracer that only propagates contexts. */
    private static final int PASSING_RECORDS = 1024;

    /** Whether the tracer only propagates contexts. */
    private static final boolean PASSING = Boolean.getBoolean("passing");

    private final Tracer tracer = Tracer.create(
            new TracerConfig()
                    .with(TracerConfig.ENABLED, !PASSING)
                    .with(TracerConfig.CONTEXT_PLACES, PLACES)
                    .with(TracerConfig.BREAKER_ENABLED, false)
                    .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                    .with(TracerConfig.RECORDS, RECORDS)
                    .with(ExportSettings.BATCH_MILLIS, 0),
            new RingExport().sink(DiscardSink::new));

    private final RemoteContext caller = new RemoteContext().set(1, 2, 3, 0);

    private long overflows;
    private long errors;
    private int deepest;

    private AtTheEdgeMain() {
        caller.baggage("tenant", "seven");
    }

    /** System properties: rounds on this thread, and threads with stacks of different sizes. */
    public static void main(String[] args) throws InterruptedException {
        final AtTheEdgeMain edge = new AtTheEdgeMain();
        final int rounds = Integer.getInteger("rounds");
        for (int i = 0; i < rounds; i++) {
            edge.round(i);
        }
        for (int i = 0; i < Integer.getInteger("threads"); i++) {
            final int number = i;
            final Thread thread = new Thread(null, () -> edge.round(number), "edge", (200L + 8 * i) << 10);
            thread.start();
            thread.join();
        }
        System.out.println(edge.report()); // allow:console output
    }

    private void round(int number) {
        try {
            descend(Integer.MAX_VALUE, number, 0, 0);
        } catch (StackOverflowError e) {
            overflows++;
        }
        final int deepestNow = deepest;
        final Span before = tracer.current();
        for (int above = 0; above < 60; above++) {
            try {
                descend(deepestNow - above, number + above, 0, 0);
            } catch (StackOverflowError e) {
                overflows++;
            }
            if (tracer.current() != before) {
                errors++;
            }
        }
    }

    /**
     * Recurses to the end of the stack. Frames of different sizes, by the number of arguments, make the overflow occur
     * at all distances.
     */
    private void descend(int depth, int number, long a, long b) {
        if (depth > 1) {
            deepest = Integer.MAX_VALUE - depth; // the first descent only measures the depth
            descend(depth - 1, number, a, b);
            return;
        }
        switch (number & 3) {
            case 0 -> work(number);
            case 1 -> work1(number, a);
            case 2 -> work2(number, a, b);
            default -> work3(number, a, b, a, b);
        }
    }

    private void work1(int number, long a) {
        work(number + (int) a);
    }

    private void work2(int number, long a, long b) {
        work(number + (int) (a * b));
    }

    private void work3(int number, long a, long b, long c, long d) {
        work(number + (int) (a * b * c * d));
    }

    private void work(int number) {
        switch (number >> 2 & 3) {
            case 0 -> {
                try (Span outer = tracer.start(OUTER, SpanKind.SERVER, caller)) {
                    try (Span inner = tracer.start(INNER)) {
                        inner.set(NUMBER, number).set(TEXT, "text");
                        tracer.propagation().inject(inner, this, NOWHERE);
                    }
                    outer.set("name " + (number & 7), "stra\u00dfe");
                }
            }
            case 1 -> {
                try (Span outer = tracer.start("outer " + (number & 7), SpanKind.SERVER)) {
                    outer.baggage("key", "value");
                    try (Span inner = tracer.start(INNER)) {
                        inner.set(NUMBERS, LONGS).set(NUMBERS, LONGS).set(TEXT, "text".repeat(100));
                        inner.event("event").set(NUMBER, number);
                        inner.error("wrong");
                    }
                }
            }
            case 2 -> {
                final Span span = tracer.startDetached(OUTER, SpanKind.CLIENT);
                try (Scope scope = span.makeCurrent()) {
                    span.set(NUMBER, number).set(TEXT, "text").set(NUMBERS, LONGS);
                    tracer.start(INNER, SpanKind.INTERNAL, scope).end();
                } finally {
                    span.end();
                }
            }
            default -> {
                final Span span = tracer.startDetached(OUTER, SpanKind.CLIENT, caller);
                try {
                    span.baggage("key", "value");
                    span.set(NUMBERS, LONGS).exception(FAILURE).set(NUMBER, number);
                    try (Scope scope = span.makeCurrent();
                            Span inner = tracer.start(INNER)) {
                        inner.link(scope).set(NUMBER, number);
                    }
                } finally {
                    span.end();
                }
            }
        }
    }

    private static final Exception FAILURE = new Exception("of the test");

    private String report() {
        if (PASSING) {
            return reportPassing();
        }
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while ((tracer.ledger().open() > 0 || tracer.ledger().buffered() > 0) && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(1_000_000);
        }
        final Ledger ledger = tracer.ledger();
        final int free = free();
        final int carrying = carrying();
        final Ledger end = tracer.close(Duration.ofSeconds(10));
        final long failed = end.count(Counter.FAILED);
        final boolean isWhole = ledger.open() == 0
                && end.lost() == 0
                && end.open() == 0
                && errors == 0
                && free >= RECORDS - 2 * CHUNK // the thread's own chunk and the one it uses next
                && overflows > 100
                && failed > 0
                && carrying == PLACES
                && end.count(Counter.POISON) == 0;
        return (isWhole ? "nothing is lost" : "something is lost") + ": " + overflows + " overflows, " + failed
                + " starts failed, " + errors + " times another span current, " + free + " records free, " + carrying
                + " places free, " + ledger + "\n" + end + "\n" + end.details();
    }

    private String reportPassing() {
        final int carrying = carrying();
        final List<Span> open = new ArrayList<>();
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (open.size() < PASSING_RECORDS && System.nanoTime() - deadline < 0) {
            final Span span = passing();
            if (span == Span.NOOP) {
                LockSupport.parkNanos(1_000_000); // until what is left is looked for again
            } else {
                open.add(span);
            }
        }
        final boolean isWhole = errors == 0 && overflows > 100 && carrying == PLACES && open.size() == PASSING_RECORDS;
        return (isWhole ? "nothing is lost" : "something is lost") + ": " + overflows + " overflows, " + errors
                + " times another span current, " + open.size() + " records free, " + carrying + " places free";
    }

    private Span passing() {
        return tracer.startDetached(OUTER, SpanKind.CLIENT, caller);
    }

    /** Counts how many spans can carry trace state or baggage at the same time. */
    private int carrying() {
        final List<Span> open = new ArrayList<>();
        int carrying = 0;
        while (open.size() < PLACES) {
            final Span span = passing();
            if (span == Span.NOOP) {
                LockSupport.parkNanos(1_000_000);
                continue;
            }
            open.add(span);
            carrying += "seven".equals(span.baggage("tenant")) ? 1 : 0;
        }
        open.forEach(Span::end);
        return carrying;
    }

    /** Counts how many spans can be open at the same time. */
    private int free() {
        final List<Span> open = new ArrayList<>();
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (open.size() < RECORDS - 2 * CHUNK && System.nanoTime() - deadline < 0) {
            final Span span = tracer.startDetached(OUTER, SpanKind.CLIENT);
            if (span == Span.NOOP) {
                LockSupport.parkNanos(1_000_000); // until the exporter gives out resting chunks
            } else {
                open.add(span);
            }
        }
        open.forEach(Span::end);
        return open.size();
    }
}
