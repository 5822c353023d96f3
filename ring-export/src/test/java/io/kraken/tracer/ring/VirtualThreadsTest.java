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

/** Tests a hundred thousand virtual threads that hold an open span at the same time. */
@EnabledForJreRange(min = JRE.JAVA_21)
class VirtualThreadsTest {

    private static final int THREADS = 100_000;
    private static final int RECORDS = 24 * 1024;

    /** The ledger while all spans are open, and after they have ended. */
    private record Books(Ledger held, Ledger end) {}

    private static Books run(int records) throws Exception {
        final Harness<DiscardSink> rig = Harness.threaded(
                Harness.config().with(TracerConfig.RECORDS, records).with(TracerConfig.FULL_WAIT_MICROS, 1_000_000),
                DiscardSink::new);
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
        go.countDown();
        threads.shutdown();
        Harness.await("every span to end", () -> rig.tracer.ledger().open() == 0);
        return new Books(held, rig.close());
    }

    @Test
    void dropsNoSpanWithRoomForAll() throws Exception {
        final Books books = run(128 * 1024);
        assertEquals(THREADS, books.held.open());
        assertEquals(0, books.end.dropped());
        assertEquals(THREADS, books.end.shipped());
    }

    @Test
    void dropsAndCountsStartsWithoutRoom() throws Exception {
        final Books books = run(RECORDS);
        final long open = books.held.open();
        assertEquals(RECORDS, open, books.held::toString);
        assertEquals(THREADS - open, books.end.count(Counter.RECORDS_FULL));
        assertEquals(open, books.end.shipped());
    }
}
