package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.SpanFileLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpanFileShapeTest {

    private static TracerConfig config(int megabytes) {
        return new TracerConfig()
                .with(TracerConfig.RECORDS, 200_000)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.MEMORY_MEGABYTES, megabytes);
    }

    @Test
    void withoutABoundItIsAsTheSettingsSay() {
        final TracerConfig config = config(0);
        final SpanFileLayout.Shape shape = SpanFileShape.of(config).shape();
        assertEquals(200_000, shape.records());
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void anAmpleBoundChangesNothing() {
        final TracerConfig config = config(1024);
        assertEquals(
                SpanFileShape.of(config(0)).length(), SpanFileShape.of(config).length());
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void recordsAreMadeAMultipleOfAChunk() {
        assertEquals(
                2 * 64,
                SpanFileShape.of(config(0).with(TracerConfig.RECORDS, 1))
                        .shape()
                        .records());
        assertEquals(
                3 * 64,
                SpanFileShape.of(config(0).with(TracerConfig.RECORDS, 129))
                        .shape()
                        .records());
    }

    @Test
    void aBoundLeavesAsManyRecordsAsFit() {
        final TracerConfig config = config(16);
        final SpanFileLayout layout = SpanFileShape.of(config);
        assertTrue(layout.length() <= 16 << 20, layout::toString);
        assertTrue(layout.length() > (16 << 20) - SpanFileLayout.chunkLength(256) - 2 * 4096, layout::toString);
        assertEquals(
                List.of("kraken.tracer.memory.megabytes is 16: kraken.tracer.records is "
                        + layout.shape().records() + " instead of 200000"),
                config.warnings());
    }

    @ParameterizedTest
    @CsvSource({"3, 256", "4, 4096", "8, 4096", "100, 4096", "64, 128"})
    void theBoundHolds(int megabytes, int recordLength) {
        final TracerConfig config = config(megabytes)
                .with(TracerConfig.RECORD_LENGTH, recordLength)
                .with(TracerConfig.RECORDS, 8 * 1024 * 1024);
        assertTrue(SpanFileShape.of(config).length() <= (long) megabytes << 20);
        assertEquals(1, config.warnings().size(), config.warnings()::toString);
    }

    @Test
    void aBoundThatNothingFitsIntoSwitchesTheTracerOff() {
        final TracerConfig config = config(1).with(TracerConfig.RECORD_LENGTH, 4096);
        final Tracer tracer = Tracer.create(config, new CapturingSink());
        assertFalse(tracer.isEnabled());
        assertTrue(config.warnings().get(0).startsWith("kraken.tracer.memory.megabytes is 1, less than the smallest"));
        final TracerConfig strict =
                config(1).with(TracerConfig.RECORD_LENGTH, 4096).with(TracerConfig.STRICT, true);
        assertThrows(IllegalArgumentException.class, () -> Tracer.create(strict, new CapturingSink()));
    }
}
