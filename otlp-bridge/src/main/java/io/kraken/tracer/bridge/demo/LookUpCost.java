package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.Span;
import io.kraken.tracer.Tracer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the span of a look-up costs its thread in the agent under load: recorded by this tracer, by the OpenTelemetry
 * SDK where that is on the class path, and not at all. The three take turns, a download each, and are timed from
 * outside.
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

    /** Each follows each other one once. */
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

    /** Null where it is not on the class path. */
    private static OpenTelemetryLookUp openTelemetry() {
        try {
            return new OpenTelemetryLookUp();
        } catch (NoClassDefFoundError e) {
            return null;
        }
    }

    /** The look-up's span, as the agent records it; when it is not the tracer's turn, another side is timed before. */
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

    /** Forgets what it has measured so far: a service that has just begun. */
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
                            ? "is not on the class path (mvn -Pdemo puts it there)"
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
