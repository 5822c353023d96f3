package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;

/** Where a service's spans go: to a collector, into a queue for the bridge, or nowhere because there are none. */
record Export(String kind, String place) {

    private static final int BATCH_MILLIS = 500;

    /** By OTLP over HTTP; an empty address switches the tracer off. */
    static Export to(String collector) {
        return new Export(ExportSettings.OTLP, collector);
    }

    /** Into a queue below this root. */
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
