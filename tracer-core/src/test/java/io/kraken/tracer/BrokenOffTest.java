package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.sampling.Decision;
import io.kraken.tracer.sampling.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors of the JVM in the middle of a start, here out of a sampler: the record that it has claimed is free again. */
class BrokenOffTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName INNER = SpanName.of("inner");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final AtomicReference<Error> error = new AtomicReference<>();

    private Tracer tracer() {
        traced.settings(traced.config().sampler(new Sampler() {
            @Override
            public long decide(TraceContext parent, long randomness, int symbol, String name, String path) {
                if (error.get() != null) {
                    throw error.get();
                }
                return Decision.SAMPLE;
            }

            @Override
            public double rate() {
                return 1;
            }
        }));
        return traced.tracer();
    }

    private int free() {
        final List<Span> open = new ArrayList<>();
        for (Span span = detached(); span != Span.NOOP; span = detached()) {
            open.add(span);
        }
        open.forEach(Span::end);
        return open.size();
    }

    private Span detached() {
        return traced.tracer().startDetached(NAME, SpanKind.CLIENT, null);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStartThatAnErrorBreaksOffIsDroppedAndCounted(boolean attached) {
        final Tracer tracer = tracer();
        final int free = free();
        final Span outer = tracer.start(NAME);
        error.set(new NoClassDefFoundError("of the test"));
        final int starts = 5 * TracerFixture.RECORDS;
        for (int i = 0; i < starts; i++) {
            assertSame(
                    Span.NOOP,
                    attached
                            ? tracer.start(INNER, SpanKind.INTERNAL, null)
                            : tracer.startDetached(INNER, SpanKind.CLIENT, null));
            assertSame(outer, tracer.current());
        }
        error.set(null);
        outer.end();
        assertNull(tracer.currentContext());
        assertEquals(starts, traced.count(Counter.FAILED));
        assertEquals(free - TracerFixture.CHUNK, free(), "all but the thread's own chunk");
    }

    @Test
    void whatDeadThreadsHaveClaimedIsFreeAgain() {
        final Tracer tracer = tracer();
        final int free = free();
        error.set(new OutOfMemoryError("of the test"));
        for (int i = 0; i < TracerFixture.RECORDS; i++) {
            Threads.elsewhere(thread -> {
                assertSame(Span.NOOP, tracer.start(INNER));
                assertSame(Span.NOOP, tracer.startDetached(INNER, SpanKind.CLIENT, null));
            });
            traced.sink.housekeeping().doWork(0);
            traced.sink.sweep();
        }
        error.set(null);
        assertEquals(free - TracerFixture.CHUNK, free(), "all but the chunk that is claimed for this thread");
        assertEquals(2 * TracerFixture.RECORDS, traced.count(Counter.FAILED));
    }

    @Test
    @SuppressWarnings("removal") // from 20 on
    void aThreadThatIsStoppedGoesOnBeingStopped() {
        final Tracer tracer = tracer();
        error.set(new ThreadDeath());
        assertThrows(ThreadDeath.class, () -> tracer.start(NAME));
        error.set(null);
        tracer.start(NAME).end();
        assertEquals(1, traced.count(Counter.FAILED));
    }
}
