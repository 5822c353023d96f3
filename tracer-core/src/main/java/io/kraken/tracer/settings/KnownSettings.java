package io.kraken.tracer.settings;

import io.kraken.tracer.sampling.SamplingRule;
import java.util.List;
import java.util.Map;

/**
 * The settings of the program that the look-up itself treats in a special way.
 *
 * @param file names the settings file
 * @param enabled the switch that {@code OTEL_SDK_DISABLED} negates
 * @param rules the sampling rules, which the file has as a list of maps
 * @param keys the keys of the settings file, below {@code tracing}, and the property that each of them sets
 */
public record KnownSettings(
        Setting<String> file, Setting<Boolean> enabled, Setting<List<SamplingRule>> rules, Map<String, String> keys) {}
