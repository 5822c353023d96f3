package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ids are never zero, unique, and look random. */
class IdsTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final int THREADS = 10;
    private static final int PER_THREAD = 100_000;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    /** The ids of one thread. */
    private static final class Given {
        final long[] spanIds = new long[PER_THREAD];
        final long[] high = new long[PER_THREAD];
        final long[] low = new long[PER_THREAD];
    }

    private Given take() {
        final Given given = new Given();
        for (int i = 0; i < PER_THREAD; ) {
            final Span span = traced.tracer().start(NAME);
            if (span.isRecording()) {
                given.spanIds[i] = span.spanId();
                given.high[i] = span.traceIdHigh();
                given.low[i++] = span.traceIdLow();
                assertEquals(TraceContext.SAMPLED | TraceContext.RANDOM, span.flags());
            }
            span.end();
        }
        return given;
    }

    private static void assertDistinct(long[] ids) {
        final long[] sorted = ids.clone();
        Arrays.sort(sorted);
        for (int i = 1; i < sorted.length; i++) {
            assertNotEquals(sorted[i - 1], sorted[i], "duplicate id");
        }
        assertTrue(Arrays.binarySearch(sorted, 0) < 0, "zero");
    }

    private static long[] all(List<Given> given, Function<Given, long[]> ids) {
        return given.stream().map(ids).flatMapToLong(Arrays::stream).toArray();
    }

    @Test
    void idsAreUniqueAndUseEveryBit() {
        traced.sink.keeping(false);
        traced.tracer();
        final List<Given> given = new ArrayList<>();
        Threads.run(THREADS, thread -> {
            final Given mine = take();
            synchronized (given) {
                given.add(mine);
            }
        });
        for (Function<Given, long[]> kind : List.<Function<Given, long[]>>of(g -> g.spanIds, g -> g.high, g -> g.low)) {
            final long[] ids = all(given, kind);
            assertDistinct(ids);
            for (int bit = 0; bit < Long.SIZE; bit++) {
                long ones = 0;
                for (long id : ids) {
                    ones += id >>> bit & 1;
                }
                final double share = (double) ones / ids.length;
                assertTrue(Math.abs(share - 0.5) < 0.005, "bit " + bit + " is set in " + share); // ten sigma
            }
        }
    }

    /** A program may override the ids of its threads. */
    @Test
    void threadsWithOverriddenIdsGetDifferentIds() {
        final Set<Long> ids = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            final Thread alike =
                    new Thread(() -> {
                        try (Span span = traced.tracer().start(NAME)) {
                            ids.add(span.spanId());
                            ids.add(span.traceIdLow());
                        }
                    }) {
                        @Override
                        public long getId() {
                            return 7;
                        }
                    };
            alike.start();
            Threads.join(alike);
        }
        assertEquals(6, ids.size());
        assertEquals(3, traced.tracer().ledger().published());
    }

    @Test
    void tracersGenerateDifferentIds() {
        final Span here = traced.tracer().start(NAME);
        try (Tracer other = Tracer.create(traced.config(), new CapturingSink())) {
            final Span there = other.start(NAME);
            assertNotEquals(here.spanId(), there.spanId());
            assertNotEquals(here.traceId(), there.traceId());
            there.end();
        }
        here.end();
    }

    @Test
    void mixerHasNoCollisionsInASample() {
        final long[] mixed = new long[10_000];
        for (int i = 0; i < mixed.length; i++) {
            mixed[i] = Ids.mix(i + 1);
        }
        assertDistinct(mixed);
    }
}
