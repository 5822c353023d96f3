package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.sampling.Decision;
import io.kraken.tracer.sampling.ParentContext;
import io.kraken.tracer.sampling.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongBiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Samplers of the program, which may do anything. */
@SuppressWarnings("try") // some spans are only ended
class OwnSamplerTest {

    private static final SpanName NAME = SpanName.of("own.name");
    private static final SpanName INNER = SpanName.of("own.inner");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @Test
    void misbehavingSamplerIsTolerated() {
        final Sampler broken = new Sampler() {
            @Override
            public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
                if (name.equals(NAME.toString())) {
                    throw new IllegalStateException("broken");
                }
                return Decision.SAMPLE;
            }

            @Override
            public void tick(long now, double load, double errors) {
                throw new IllegalStateException("broken");
            }

            @Override
            public double rate() {
                return 1;
            }
        };
        traced.settings(traced.config().sampler(broken));
        try (Span span = traced.tracer().start(NAME)) {
            assertTrue(span.isRecording());
            assertFalse(span.isSampled());
        }
        traced.tracer().start(INNER).end();
        traced.sink.housekeeping().doWork(TimeUnit.MILLISECONDS.toNanos(101));
        assertEquals(Map.of("errors.internal", 2L), traced.problems());
    }

    @Test
    void tracerThatFailsToStartLeavesNoFile(@TempDir Path folder) throws IOException {
        final Sampler broken = new TestSampler((parent, name) -> Decision.SAMPLE) {
            @Override
            public boolean asksChildren() {
                throw new IllegalStateException("not ready");
            }
        };
        final TracerConfig config =
                traced.config().with(TracerConfig.FILE, folder.toString()).sampler(broken);
        final Tracer tracer = Tracer.create(config, traced.sink);
        assertFalse(tracer.isEnabled());
        assertTrue(tracer.describe().contains("not ready"), tracer::describe);
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void samplerThatThrowsErrorsLosesNoRecord() {
        traced.settings(traced.config().sampler(new TestSampler((parent, name) -> {
            throw new NoClassDefFoundError("broken");
        })));
        for (int i = 0; i < TracerFixture.RECORDS / 2; i++) {
            traced.tracer().startDetached(NAME, SpanKind.SERVER).end();
        }
        assertEquals(TracerFixture.RECORDS / 2, traced.sink.accepted());
    }

    /** The outer span keeps its record, although the inner ones move on to the next chunk. */
    @Test
    void samplerMayStartSpans() {
        final int inner = 3;
        traced.settings(traced.config().sampler(new TestSampler((parent, name) -> {
            for (int i = 0; name.equals(NAME.toString()) && i < inner; i++) {
                traced.tracer()
                        .start(INNER, SpanKind.CLIENT, new RemoteContext().set(1, 2, 3, 0))
                        .end();
            }
            return Decision.SAMPLE;
        })));
        final int outer = 100;
        for (int i = 0; i < outer; i++) {
            final Span span = traced.tracer().start(NAME, SpanKind.SERVER, new RemoteContext().set(7, 8, 9, 0));
            assertEquals(7, span.traceIdHigh());
            assertTrue(span.isRecording());
            span.end();
        }
        final long full = traced.count(Counter.RECORDS_FULL);
        assertTrue(full < outer, "only starts that would have to leave another one's chunk");
        assertEquals(outer + inner * outer - full, traced.sink.accepted());
        assertEquals(
                outer,
                traced.picture()
                        .lines()
                        .filter(line -> line.startsWith("own.name SERVER"))
                        .count());
    }

    private static class TestSampler implements Sampler {
        private final ToLongBiFunction<ParentContext, String> decision;

        TestSampler(ToLongBiFunction<ParentContext, String> decision) {
            this.decision = decision;
        }

        @Override
        public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
            return decision.applyAsLong(parent, name);
        }

        @Override
        public double rate() {
            return 1;
        }
    }
}
