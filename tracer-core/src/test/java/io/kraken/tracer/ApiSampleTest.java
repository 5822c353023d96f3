package io.kraken.tracer;

import static io.kraken.tracer.SpanKind.SERVER;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sample of the API in the documentation. */
class ApiSampleTest {

    static final SpanName DOWNLOAD = SpanName.of("agent.download_blob");
    static final StringKey DIGEST = Key.ofString("digest");
    static final LongKey SIZE = Key.ofLong("size");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @Test
    void documentationSampleWorks() {
        final Tracer tracer = traced.tracer();
        final String digest = "sha256:5891b5b5";
        final long size = 4096;

        try (Span span = tracer.start(DOWNLOAD, SERVER)) {
            span.set(DIGEST, digest).set(SIZE, size);
        }

        assertEquals("""
                agent.download_blob SERVER
                  .digest = "sha256:5891b5b5"
                  .size = 4096
                """, traced.picture());
    }

    /** Whatever is on the class path, the program gets a tracer. */
    @Test
    void createAlwaysReturnsATracer() {
        try (Tracer tracer = Tracer.create(TracerConfig.fromEnvironment());
                Span span = tracer.start(DOWNLOAD, SERVER)) {
            span.set(DIGEST, "x");
            assertEquals("tracer: off (no sink: ring-export is not on the class path)\n", tracer.describe());
        }
    }
}
