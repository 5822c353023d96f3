package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.SpanFile;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A closed tracer without references is collected. */
class TracerLifeTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final long DEADLINE_NS = Duration.ofSeconds(30).toNanos();

    @Test
    void threadDoesNotRetainItsTracer() {
        final WeakReference<SpanFile> used = use();
        final long deadline = System.nanoTime() + DEADLINE_NS;
        while (used.get() != null && System.nanoTime() - deadline < 0) {
            System.gc();
            use(); // a thread's map removes entries of collected keys when others are added
            LockSupport.parkNanos(1_000_000);
        }
        assertTrue(used.refersTo(null));
    }

    private static WeakReference<SpanFile> use() {
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.SHUTDOWN_HOOK, false)
                .with(TracerConfig.RECORDS, 1024);
        final Tracer tracer = Tracer.create(config, new CapturingSink());
        final Span outer = tracer.start(NAME);
        final Span detached = tracer.startDetached(NAME, SpanKind.INTERNAL);
        final Scope scope = detached.makeCurrent();
        tracer.start(NAME).end();
        scope.close();
        detached.end();
        outer.end();
        tracer.close();
        return new WeakReference<>(tracer.file());
    }
}
