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
                .with(TracerConfig.LANES, 8)
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .with(TracerConfig.MEMORY_MEGABYTES, megabytes);
    }

    @Test
    void withoutABoundItIsAsTheSettingsSay() {
        final TracerConfig config = config(0);
        final SpanFileLayout.Shape shape = SpanFileShape.of(config).shape();
        assertEquals(32 * 1024, shape.stagingRecords());
        assertEquals(128 * 1024, shape.lanes() * shape.laneSlots());
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
    void stagingAndLanesAreHalvedInTurn() {
        final TracerConfig config = config(16);
        final SpanFileLayout layout = SpanFileShape.of(config);
        assertTrue(layout.length() <= 16 << 20, layout::toString);
        assertEquals(
                List.of("kraken.tracer.memory.megabytes is 16: kraken.tracer.staging.records is 8192 instead of 32768,"
                        + " kraken.tracer.lane.records is 32768 instead of 131072"),
                config.warnings());
    }

    /** Whatever else is set, lanes of 4 KB records by the thousand included. */
    @ParameterizedTest
    @CsvSource({"3, 256, 1024", "4, 4096, 8", "8, 4096, 1024", "100, 4096, 1024", "64, 128, 1"})
    void theBoundHolds(int megabytes, int recordLength, int lanes) {
        final TracerConfig config = config(megabytes)
                .with(TracerConfig.RECORD_LENGTH, recordLength)
                .with(TracerConfig.LANES, lanes)
                .with(TracerConfig.STAGING_RECORDS, 4 * 1024 * 1024)
                .with(TracerConfig.LANE_RECORDS, 8 * 1024 * 1024);
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
