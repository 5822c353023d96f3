package io.kraken.tracer.jmh;

import io.opentelemetry.sdk.trace.samplers.Sampler;

/** The work of {@link SpanBenchmark} on the OpenTelemetry SDK. */
public class OpenTelemetryBenchmark extends TracerBenchmark {

    @Override
    Peer newPeer(String benchmark) {
        return Aging.aged(new OpenTelemetryPeer(
                new DiscardingOtlpExporter(),
                benchmark.equals("unsampled") ? Sampler.alwaysOff() : Sampler.alwaysOn()));
    }
}
