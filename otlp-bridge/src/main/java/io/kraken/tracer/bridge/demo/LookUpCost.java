package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.Span;
import io.kraken.tracer.Tracer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A comparison of the cost of a span in the agent under load: recorded by this tracer, by the OpenTelemetry SDK if it
 * is on the class path, and without a span. The three alternate, one download each, and are timed from outside.
 */
final class LookUpCost implements AutoCloseable {

    private enum Side {
        KRAKEN("this tracer"),
        OPENTELEMETRY("OpenTelemetry SDK"),
        NOTHING("without a span");

        private final String title;

        Side(String title) {
            this.title = title;
        }
    }

    /** Each side follows each other side once. */
    private static final Side[] TURNS = {
        Side.KRAKEN, Side.OPENTELEMETRY, Side.NOTHING, Side.OPENTELEMETRY, Side.KRAKEN, Side.NOTHING
    };

    private final Tracer tracer;
    private final OpenTelemetryLookUp openTelemetry;
    private final AtomicInteger downloads = new AtomicInteger();
    private final Histogram[] costs = {new Histogram(), new Histogram(), new Histogram()};

    LookUpCost(Tracer tracer) {
        this.tracer = tracer;
        this.openTelemetry = openTelemetry();
    }

    /** Null when the SDK is not on the class path. */
    private static OpenTelemetryLookUp openTelemetry() {
        try {
            return new OpenTelemetryLookUp();
        } catch (NoClassDefFoundError e) {
            return null;
        }
    }

    /** Records the span of the look-up; when it is not this tracer's turn, times another side first. */
    void record(boolean hit) {
        final Side side = TURNS[Math.floorMod(downloads.getAndIncrement(), TURNS.length)];
        final long startNs = System.nanoTime();
        if (side == Side.OPENTELEMETRY && openTelemetry != null) {
            openTelemetry.record(hit);
        }
        if (side != Side.KRAKEN) {
            costs[side.ordinal()].record(System.nanoTime() - startNs);
        }
        try (Span span = tracer.start(Kraken.CACHE_LOOKUP)) {
            span.set(Kraken.CACHE_HIT, hit);
        }
        if (side == Side.KRAKEN) {
            costs[side.ordinal()].record(System.nanoTime() - startNs);
        }
    }

    /** Discards the measurements so far, which include the warm-up. */
    void restart() {
        for (Histogram cost : costs) {
            cost.clear();
        }
    }

    /** A line for each side. */
    List<String> lines() {
        final List<String> lines = new ArrayList<>();
        for (Side side : Side.values()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-18s %s",
                    side.title,
                    side == Side.OPENTELEMETRY && openTelemetry == null
                            ? "is not on the class path (mvn -Pdemo adds it)"
                            : costs[side.ordinal()].percentiles()));
        }
        return lines;
    }

    @Override
    public void close() {
        if (openTelemetry != null) {
            openTelemetry.close();
        }
    }
}
