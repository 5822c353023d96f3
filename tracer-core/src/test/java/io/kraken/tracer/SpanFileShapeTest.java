package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.process.ContainerLimits;
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
    void followsTheSettingsWithoutABound() {
        final TracerConfig config = config(0);
        final SpanFileLayout.Shape shape =
                SpanFileShape.of(config, SpanFileShape.UNBOUNDED).shape();
        assertEquals(200_000, shape.records());
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void ampleBoundChangesNothing() {
        final TracerConfig config = config(1024);
        assertEquals(
                SpanFileShape.of(config(0), SpanFileShape.UNBOUNDED).length(),
                SpanFileShape.of(config, SpanFileShape.UNBOUNDED).length());
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void recordsAreRoundedToChunks() {
        assertEquals(
                2 * 64,
                SpanFileShape.of(config(0).with(TracerConfig.RECORDS, 1), SpanFileShape.UNBOUNDED)
                        .shape()
                        .records());
        assertEquals(
                3 * 64,
                SpanFileShape.of(config(0).with(TracerConfig.RECORDS, 129), SpanFileShape.UNBOUNDED)
                        .shape()
                        .records());
    }

    @Test
    void boundReducesTheRecords() {
        final TracerConfig config = config(16);
        final SpanFileLayout layout = SpanFileShape.of(config, SpanFileShape.UNBOUNDED);
        assertTrue(layout.length() <= 16 << 20, layout::toString);
        assertTrue(layout.length() > (16 << 20) - SpanFileLayout.chunkLength(256) - 2 * 4096, layout::toString);
        assertEquals(
                List.of("kraken.tracer.memory.megabytes is 16: kraken.tracer.records is "
                        + layout.shape().records() + " instead of 200000"),
                config.warnings());
    }

    @ParameterizedTest
    @CsvSource({"3, 256", "4, 4096", "8, 4096", "100, 4096", "64, 128"})
    void boundIsNotExceeded(int megabytes, int recordLength) {
        final TracerConfig config = config(megabytes)
                .with(TracerConfig.RECORD_LENGTH, recordLength)
                .with(TracerConfig.RECORDS, 8 * 1024 * 1024);
        assertTrue(SpanFileShape.of(config, SpanFileShape.UNBOUNDED).length() <= (long) megabytes << 20);
        assertEquals(1, config.warnings().size(), config.warnings()::toString);
    }

    @Test
    void tooSmallBoundDisablesTheTracer() {
        final TracerConfig config = config(1).with(TracerConfig.RECORD_LENGTH, 4096);
        final Tracer tracer = Tracer.create(config, new CapturingSink());
        assertFalse(tracer.isEnabled());
        assertTrue(config.warnings().get(0).startsWith("kraken.tracer.memory.megabytes is 1, less than the smallest"));
        final TracerConfig strict =
                config(1).with(TracerConfig.RECORD_LENGTH, 4096).with(TracerConfig.STRICT, true);
        assertThrows(IllegalArgumentException.class, () -> Tracer.create(strict, new CapturingSink()));
    }

    private static TracerConfig byDefault(double quota, long memoryMegabytes) {
        return new TracerConfig()
                .with(TracerConfig.FILE, TracerConfig.NO_FILE)
                .containerLimits(new ContainerLimits(quota, memoryMegabytes << 20));
    }

    @ParameterizedTest(name = "memory {0} MiB, file system {1} MiB")
    @CsvSource({"128, 65536, 8", "512, 64, 8", "96, 64, 6", "65536, 65536, 1024", "16, 8, 3"})
    void defaultIsAShareOfMemoryAndFileSystem(long memoryMegabytes, long fileSystemMegabytes, long mostMegabytes) {
        final TracerConfig config = byDefault(2, memoryMegabytes);
        final SpanFileLayout layout = SpanFileShape.of(config, fileSystemMegabytes << 20);
        assertTrue(layout.length() <= mostMegabytes << 20, layout.length() + " bytes");
        final int all = 2 * 24 * 1024;
        assertTrue(
                mostMegabytes < 1024
                        ? layout.shape().records() < all
                        : layout.shape().records() >= all);
        assertEquals(mostMegabytes == 1024, config.sizeNote().isEmpty(), config.sizeNote());
        assertEquals(List.of(), config.warnings());
        final TracerConfig explicit = byDefault(2, memoryMegabytes).with(TracerConfig.RECORDS, 64 * 1000);
        assertEquals(
                64 * 1000,
                SpanFileShape.of(explicit, fileSystemMegabytes << 20).shape().records(),
                "an explicit number is used unchanged");
    }

    @ParameterizedTest
    @CsvSource({"0.5, 49152", "1.5, 49152", "1000, 0"})
    void defaultFollowsTheProcessorsOfTheQuota(double quota, int expected) {
        final int processors = Runtime.getRuntime().availableProcessors();
        final int unlimited = 24 * 1024 * Math.max(2, Math.min(16, processors));
        assertEquals(
                expected == 0 ? unlimited : expected, byDefault(quota, 65_536).records());
    }

    @Test
    void describesTheLimitsOfTheContainer() {
        final TracerConfig config = byDefault(1.5, 64).with(TracerConfig.SHUTDOWN_HOOK, false);
        try (Tracer tracer = Tracer.create(config, new CapturingSink())) {
            final String described = tracer.describe();
            assertTrue(
                    described.contains("bytes, as many as fit into a sixteenth of the container's memory\n"),
                    described);
            final String processors = Runtime.getRuntime().availableProcessors() > 1 ? "1.5" : "1";
            assertTrue(
                    described.contains("limits: " + processors + " processors")
                            && described.contains(", 64 MiB of memory, of which the span file takes 6.2 %\n"),
                    described);
            assertTrue(described.contains("breaker: closed, opened 0 times, load "), described);
        }
    }
}
