package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.settings.BaseSampler;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BaseSamplerTest {

    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    private TracerConfig config() {
        final TracerConfig config = new TracerConfig(properties::get, environment::get);
        config.check(List.of());
        return config;
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', 1, true, false, parentbased_always_on",
        "always_on, 0.5, 1, false, false, always_on",
        "always_off, 0.5, 0, false, false, always_off",
        "traceidratio, 0.25, 0.25, false, true, traceidratio",
        "traceidratio, '', 1, false, true, traceidratio",
        "traceidratio, 0, 0, false, true, traceidratio",
        "ParentBased_Always_On, '', 1, true, false, parentbased_always_on",
        "parentbased_always_off, '', 0, true, false, parentbased_always_off",
        "traceidratio, '  ', 1, false, true, traceidratio",
        "parentbased_traceidratio, 1e-9, 1e-9, true, true, parentbased_traceidratio",
        "' ParentBased_TraceIdRatio ', ' 1e-3 ', 0.001, true, true, parentbased_traceidratio"
    })
    void openTelemetryVariablesSelectTheSampler(
            String name, String arg, double rate, boolean parentBased, boolean ratio, String means) {
        environment.put("OTEL_TRACES_SAMPLER", name);
        environment.put("OTEL_TRACES_SAMPLER_ARG", arg);
        final TracerConfig config = config();
        assertEquals(new BaseSampler(rate, parentBased, ratio), config.baseSampler());
        assertEquals(means, config.baseSampler().name());
        assertEquals(List.of(), config.warnings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "-0.1", "NaN", "a half", "0x1p-1", "0,5", "Infinity"})
    void invalidShareIsAWarningAndMeansAll(String arg) {
        environment.put("OTEL_TRACES_SAMPLER", "traceidratio");
        environment.put("OTEL_TRACES_SAMPLER_ARG", arg);
        final TracerConfig config = config();
        assertEquals(new BaseSampler(1, false, true), config.baseSampler());
        assertEquals(
                List.of("kraken.tracer.sampler.arg is '" + arg
                        + "' and should be a decimal number from 0 to 1; 1 is used"),
                config.warnings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"xray", "parentbased_", "parentbased_xray", "parentbased_parentbased_always_on"})
    void unknownSamplerIsAWarningAndMeansAll(String name) {
        environment.put("OTEL_TRACES_SAMPLER", name);
        final TracerConfig config = config();
        assertEquals(new BaseSampler(1, true, false), config.baseSampler());
        assertEquals(1, config.warnings().size(), config.warnings()::toString);
        assertTrue(config.warnings().get(0).contains(name), config.warnings()::toString);
    }

    @ParameterizedTest
    @CsvSource({
        "'endpoint=http://jaeger:14250,pollingIntervalMs=5000,initialSamplingRate=0.25', 0.25, 1",
        "'endpoint=http://jaeger:14250', 0.001, 1",
        "'', 0.001, 1",
        "'initialSamplingRate=7', 0.001, 2"
    })
    void jaegerSamplerUsesItsInitialRateAndWarns(String arg, double rate, int warnings) {
        environment.put("OTEL_TRACES_SAMPLER", "parentbased_jaeger_remote");
        environment.put("OTEL_TRACES_SAMPLER_ARG", arg);
        final TracerConfig config = config();
        assertEquals(new BaseSampler(rate, true, true), config.baseSampler());
        assertEquals(warnings, config.warnings().size(), config.warnings()::toString);
        final String last = config.warnings().get(warnings - 1);
        assertTrue(last.contains("the bridge polls Jaeger") && last.endsWith("the rate is " + rate), last);
        environment.put("OTEL_TRACES_SAMPLER", "jaeger_remote");
        assertEquals(new BaseSampler(rate, false, true), config().baseSampler());
    }

    @Test
    void rateCountsUnlessTheSamplerHasHigherPrecedence() {
        environment.put("KRAKEN_TRACER_SAMPLING_RATE", "0.5");
        environment.put("OTEL_TRACES_SAMPLER", "always_off");
        assertEquals(new BaseSampler(0.5, true, true), config().baseSampler());
        environment.put("KRAKEN_TRACER_SAMPLER", "always_off");
        assertEquals(new BaseSampler(0.5, true, true), config().baseSampler(), "with equal precedence the rate counts");
        properties.put("kraken.tracer.sampler", "always_on");
        assertEquals(new BaseSampler(1, false, false), config().baseSampler());
        properties.put("kraken.tracer.sampling.rate", "0");
        assertEquals(new BaseSampler(0, true, true), config().baseSampler());
        properties.put("kraken.tracer.sampling.rate", "all");
        assertEquals(new BaseSampler(1, false, false), config().baseSampler(), "an invalid rate is ignored");
    }
}
