package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** A hundred thousand virtual threads that all hold an open span at the same moment. */
@EnabledForJreRange(min = JRE.JAVA_21)
class VirtualThreadsTest {

    private static final int THREADS = 100_000;

    /** The book after all of them have ended; {@code open} must have been open at once. */
    private static Ledger run(TracerConfig config, int open) throws Exception {
        final Harness<DiscardSink> rig = Harness.threaded(config, DiscardSink::new);
        final CountDownLatch started = new CountDownLatch(THREADS);
        final CountDownLatch go = new CountDownLatch(1);
        final ExecutorService threads = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        for (int i = 0; i < THREADS; i++) {
            threads.submit(() -> {
                final Span span = rig.tracer.start(Harness.WORK, SpanKind.SERVER);
                started.countDown();
                go.await();
                span.set("after", "a while").end();
                return null;
            });
        }
        started.await();
        final Ledger held = Harness.assertCloses(rig.tracer.ledger());
        assertEquals(THREADS, held.started());
        assertEquals(open, held.open(), held::toString);
        go.countDown();
        threads.shutdown();
        Harness.await("every span to end", () -> rig.tracer.ledger().open() == 0);
        return rig.close();
    }

    @Test
    void withRoomForAllOfThemNoneIsDropped() throws Exception {
        final Ledger end = run(
                Harness.config()
                        .with(TracerConfig.STAGING_RECORDS, 128 * 1024)
                        .with(TracerConfig.LANE_RECORDS, 128 * 1024)
                        .with(TracerConfig.FULL_WAIT_MICROS, 1_000_000),
                THREADS);
        assertEquals(0, end.dropped());
        assertEquals(THREADS, end.shipped());
    }

    @Test
    void withLessRoomTheRestIsDroppedAtTheStartAndCounted() throws Exception {
        final int staging = TracerConfig.STAGING_RECORDS.byDefault();
        final TracerConfig config = Harness.config()
                .with(TracerConfig.STAGING_RECORDS, staging)
                .with(TracerConfig.LANE_RECORDS, 128 * 1024)
                .with(TracerConfig.FULL_WAIT_MICROS, 1_000_000);
        final int common = staging - 256 * 32; // what is not kept for platform threads
        final Ledger end = run(config, common);
        assertEquals(THREADS - common, end.count(Counter.STAGING_FULL));
        assertEquals(common, end.shipped());
    }
}
