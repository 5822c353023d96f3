package io.kraken.tracer.jmh;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Program that times the benchmarks' own methods, one after the other in short rounds, so that disturbances by the
 * machine affect all of them, and prints the time of each: the first quartile of its rounds. A round is shorter than
 * the interval between two interruptions, so that the fastest quarter has had none.
 */
final class RatiosMain {

    /** The methods to be timed. */
    enum Side {
        CLOCKS,
        BARE,
        KRAKEN,
        UNSAMPLED,
        DISABLED,
        ENCODING,
        THEIR_BARE,
        THEIR_KRAKEN,
        THEIR_UNSAMPLED,
        THEIR_ENCODING
    }

    private static final int CALLS = 512;
    private static final int WARM_UP_ROUNDS = 500;
    private static final int ROUNDS = 250;

    private final FloorBenchmark floor = new FloorBenchmark();
    private final SpanBenchmark ours = new SpanBenchmark();
    private final SpanBenchmark oursUnsampled = new SpanBenchmark();
    private final OpenTelemetryBenchmark theirs = new OpenTelemetryBenchmark();
    private final OpenTelemetryBenchmark theirsUnsampled = new OpenTelemetryBenchmark();
    private final EncodingBenchmark encoding = new EncodingBenchmark();
    private final EncodingBenchmark.Records records = new EncodingBenchmark.Records();
    private final EncodingBenchmark.Spans spans = new EncodingBenchmark.Spans();
    private final Request request = new Request();
    private final Map<Side, IntConsumer> loops = new EnumMap<>(Side.class);
    private long result;

    private RatiosMain() {
        floor.clock = "auto";
        floor.setUp();
        ours.clock = "auto";
        ours.open("kraken");
        oursUnsampled.clock = "auto";
        oursUnsampled.open("unsampled");
        theirs.open("kraken");
        theirsUnsampled.open("unsampled");
        records.open();
        spans.record();
        oursInLoops();
        theirsInLoops();
    }

    public static void main(String[] args) {
        final RatiosMain main = new RatiosMain();
        main.run();
        main.close();
    }

    /** A separate loop for each, which is compiled separately. */
    private void oursInLoops() {
        loops.put(Side.CLOCKS, calls -> {
            for (int i = 0; i < calls; i++) {
                result += floor.clocks();
            }
        });
        loops.put(Side.BARE, calls -> {
            for (int i = 0; i < calls; i++) {
                ours.bare();
            }
        });
        loops.put(Side.KRAKEN, calls -> {
            for (int i = 0; i < calls; i++) {
                ours.kraken(request);
            }
        });
        loops.put(Side.UNSAMPLED, calls -> {
            for (int i = 0; i < calls; i++) {
                oursUnsampled.unsampled(request);
            }
        });
        loops.put(Side.DISABLED, calls -> {
            for (int i = 0; i < calls; i++) {
                ours.disabled(request);
            }
        });
        loops.put(Side.ENCODING, calls -> result += encoding.kraken(records));
    }

    private void theirsInLoops() {
        loops.put(Side.THEIR_BARE, calls -> {
            for (int i = 0; i < calls; i++) {
                theirs.bare();
            }
        });
        loops.put(Side.THEIR_KRAKEN, calls -> {
            for (int i = 0; i < calls; i++) {
                theirs.kraken(request);
            }
        });
        loops.put(Side.THEIR_UNSAMPLED, calls -> {
            for (int i = 0; i < calls; i++) {
                theirsUnsampled.unsampled(request);
            }
        });
        loops.put(Side.THEIR_ENCODING, calls -> result += encoding.openTelemetry(spans) ? 1 : 0);
    }

    private void run() {
        final Map<Side, long[]> times = new EnumMap<>(Side.class);
        for (Side side : Side.values()) {
            times.put(side, new long[ROUNDS]);
        }
        for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
            for (Side side : Side.values()) {
                times.get(side)[Math.max(round, 0)] = time(side);
            }
        }
        for (Side side : Side.values()) {
            final long[] sorted = times.get(side);
            Arrays.sort(sorted);
            final boolean encodes = side == Side.ENCODING || side == Side.THEIR_ENCODING;
            final double each = (double) sorted[ROUNDS / 4] / (encodes ? EncodingBenchmark.SPANS : CALLS);
            System.out.printf(Locale.ROOT, "%s %.2f%n", side, each); // allow:console output
        }
    }

    private long time(Side side) {
        if (side == Side.ENCODING) {
            records.record();
        }
        final IntConsumer loop = loops.get(side);
        final long start = System.nanoTime();
        loop.accept(CALLS);
        return System.nanoTime() - start;
    }

    private void close() {
        records.end();
        for (PeerBenchmark opened : new PeerBenchmark[] {ours, oursUnsampled, theirs, theirsUnsampled}) {
            opened.peer().close();
        }
    }
}
