package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.FileSpans;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * After a jump of the time stamp counter, all conversions of ticks to time agree: the exporter's two encoders and the
 * readers of the file.
 */
class ClockJumpReadersTest {

    private static final SpanName CROSSING = SpanName.of("jump.crossing");
    private static final SpanName BEHIND = SpanName.of("jump.behind");
    private static final long EPOCH_NS = 1_700_000_000_000_000_000L;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long NEAR = TimeUnit.MILLISECONDS.toNanos(1);

    @TempDir
    Path directory;

    private long nowNs = 3_600 * SECOND;
    private long jumpedTicks;
    private DocumentSink sink;
    private final Map<String, Long> startsInFile = new TreeMap<>();
    private final Map<String, Long> durationsInFile = new TreeMap<>();
    private final List<SpanData> decoded = new ArrayList<>();

    private long ticks() {
        nowNs += 40;
        return 2 * nowNs + jumpedTicks;
    }

    private Tracer tracer(RingExport export) {
        final TracerConfig config = CoreAccess.counter(
                Harness.config().with(TracerConfig.FILE, directory.toString()),
                this::ticks,
                () -> nowNs,
                ns -> nowNs += ns,
                () -> EPOCH_NS + nowNs);
        return Tracer.create(config, export.drivenByCaller().clock(() -> nowNs).sink(environment -> {
            sink = new DocumentSink(environment);
            final SpanDecoder decoder =
                    new SpanDecoder(environment.file(), environment.config().resource());
            sink.before = batch -> {
                decoded.addAll(decoder.decode(batch, 0));
                readFile(environment.file().path());
            };
            return sink;
        }));
    }

    /** Reads the span file as another process would at this moment. */
    private void readFile(Path file) {
        final Path copy = directory.resolve("seen");
        try {
            Files.deleteIfExists(copy);
            Files.copy(file, copy);
            FileSpans.read(SpanFileReader.open(copy), FileSpans.Traces.ALL, span -> {
                startsInFile.put(span.name(), span.startNs());
                durationsInFile.put(span.name(), span.endNs() - span.startNs());
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void live(RingExport export, long ns) {
        for (long gone = 0; gone < ns; gone += SECOND / 100) {
            nowNs += SECOND / 100;
            export.doWork();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7_200, -3_000, 5})
    void agreeOnSpansAcrossAndAfterAJump(long seconds) {
        final RingExport export = new RingExport();
        final Tracer tracer = tracer(export);
        live(export, 5 * SECOND);
        final long beganNs = nowNs;
        final Span crossing = tracer.start(CROSSING);
        live(export, SECOND);
        jumpedTicks += seconds * 2 * SECOND;
        nowNs += SECOND / 100;
        final Span behind = tracer.startDetached(BEHIND, SpanKind.INTERNAL, null); // before the jump is detected
        final long behindNs = nowNs;
        nowNs += SECOND / 4;
        behind.end();
        crossing.end();
        final long tookNs = nowNs - beganNs;
        live(export, SECOND);
        assertEquals(1, tracer.ledger().count(Counter.CLOCK_JUMPS));
        assertEquals(2, decoded.size());
        sink.assertSound();
        assertEquals(sink.direct, sink.queued);
        for (SpanData span : decoded) {
            final boolean isCrossing = span.name().equals("jump.crossing");
            final long durationNs = span.endNs() - span.startNs();
            final boolean isCut = isCrossing && seconds < 0; // it ended at lower ticks than it began
            assertTrue(
                    isCut ? durationNs == 0 : Math.abs(durationNs - (isCrossing ? tookNs : SECOND / 4)) < NEAR,
                    () -> span.name() + " took " + durationNs);
            assertTrue(
                    Math.abs(span.startNs() - EPOCH_NS - (isCrossing ? beganNs : behindNs)) < NEAR,
                    () -> span.name() + " began at " + span.startNs());
            assertEquals(startsInFile.get(span.name()), span.startNs());
            assertEquals(durationsInFile.get(span.name()), durationNs);
            assertEquals(
                    1,
                    sink.direct.stream()
                            .filter(sent -> sent.getStartTimeUnixNano() == span.startNs()
                                    && sent.getEndTimeUnixNano() == span.endNs())
                            .count());
        }
        tracer.close(Duration.ZERO);
    }

    @Test
    void openSpanEndsAtLastSignOfLifeOfItsClock() {
        final RingExport export = new RingExport();
        final Tracer tracer = tracer(export);
        live(export, 5 * SECOND);
        final long beganNs = nowNs;
        final Span open = tracer.start(CROSSING);
        live(export, SECOND);
        jumpedTicks += 20_000 * SECOND;
        live(export, 2 * SECOND);
        readFile(tracer.file().path());
        final long tookNs = durationsInFile.get("jump.crossing");
        assertTrue(Math.abs(tookNs - (nowNs - beganNs)) < NEAR, () -> "took " + tookNs);
        open.end();
        live(export, SECOND);
        tracer.close(Duration.ZERO);
    }
}
