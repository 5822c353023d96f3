package io.kraken.tracer;

import static java.util.Map.entry;

import java.util.Map;

/** The keys of the settings file below {@code tracing}, grouped or flat, and the property that each of them sets. */
final class YamlKeys {

    static final Map<String, String> PROPERTIES = Map.ofEntries(
            entry("enabled", TracerConfig.ENABLED.property()),
            entry("service_name", TracerConfig.SERVICE_NAME.property()),
            entry("sampling.default_rate", TracerConfig.SAMPLING_RATE.property()),
            entry("sampling_rate", TracerConfig.SAMPLING_RATE.property()),
            entry("export.batch_timeout", "kraken.tracer.batch.millis"),
            entry("batch_timeout", "kraken.tracer.batch.millis"),
            entry("export.max_batch_size", "kraken.tracer.batch.records"),
            entry("max_export_batch", "kraken.tracer.batch.records"),
            entry("export.max_queue_size", TracerConfig.RECORDS.property()),
            entry("max_queue_size", TracerConfig.RECORDS.property()),
            entry("export.retry_max_attempts", "kraken.tracer.otlp.attempts"),
            entry("safeguards.circuit_breaker_enabled", TracerConfig.BREAKER_ENABLED.property()),
            entry("safeguards.load_threshold", TracerConfig.BREAKER_THRESHOLD.property()),
            entry("safeguards.sampled_threshold", TracerConfig.BREAKER_SAMPLED_THRESHOLD.property()),
            entry("safeguards.cooldown_duration", TracerConfig.BREAKER_COOLDOWN.property()));

    private YamlKeys() {}
}
