package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;

/** The destination of a service's spans: a collector, a queue for the bridge, or none because tracing is off. */
record Export(String kind, String place) {

    private static final int BATCH_MILLIS = 500;

    /** To a collector by OTLP over HTTP; an empty address disables the tracer. */
    static Export to(String collector) {
        return new Export(ExportSettings.OTLP, collector);
    }

    /** To a queue below this root directory. */
    static Export queue(String root) {
        return new Export(ExportSettings.QUEUE, root);
    }

    TracerConfig configure(TracerConfig config) {
        config.with(TracerConfig.ENABLED, !place.isEmpty())
                .with(ExportSettings.SINK, kind)
                .with(ExportSettings.BATCH_MILLIS, BATCH_MILLIS);
        return kind.equals(ExportSettings.QUEUE)
                ? config.with(ExportSettings.QUEUE_DIR, place)
                : config.with(ExportSettings.OTLP_ENDPOINT, place);
    }
}
