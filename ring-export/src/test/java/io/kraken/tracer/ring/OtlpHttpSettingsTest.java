package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtlpHttpSettingsTest {

    @ParameterizedTest
    @CsvSource({
        "http/json, http://localhost:4317, http://localhost:4317/v1/traces, 1",
        "http/protobuf, http://localhost:4317, http://localhost:4317/v1/traces, 0",
        "grpc, http://localhost:4317, http://localhost:4318/v1/traces, 2",
        "grpc, http://localhost:9/a?b=c, http://localhost:9/a/v1/traces?b=c, 1",
        "grpc, https://localhost:4317/a?b=c, https://localhost:4318/a/v1/traces?b=c, 2"
    })
    void unsupportedProtocolGivesWarningThatNamesTheBridge(
            String protocol, String endpoint, String used, int warnings) {
        final TracerConfig settings = Rig.settings()
                .with(ExportSettings.OTLP_PROTOCOL, protocol)
                .with(ExportSettings.OTLP_ENDPOINT, endpoint);
        try (Rig rig = new Rig(OtlpHttpSink::new, settings)) {
            assertEquals("otlp " + used, rig.sink().describe());
            assertEquals(warnings, settings.warnings().size(), settings.warnings()::toString);
            assertTrue(warnings == 0
                    || settings.warnings()
                            .get(0)
                            .equals("kraken.tracer.otlp.protocol is " + protocol + ", which only the bridge supports"
                                    + " (kraken.tracer.sink = queue); http/protobuf is used"));
        }
    }

    @Test
    void strictModeRejectsUnusableEndpointAndHeader() {
        final TracerConfig settings = Rig.settings()
                .with(TracerConfig.STRICT, true)
                .with(ExportSettings.OTLP_ENDPOINT, "localhost:4318")
                .with(ExportSettings.OTLP_HEADERS, "host=open-sesame");
        final RingExport export = new RingExport().drivenByCaller();
        final IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> Tracer.create(settings, export));
        assertTrue(refusal.getMessage().contains("does not begin with http:// or https://"), refusal::getMessage);
        assertTrue(refusal.getMessage().contains("'host' can't be set as a header"), refusal::getMessage);
        assertFalse(refusal.getMessage().contains("sesame"), refusal::getMessage);
    }
}
