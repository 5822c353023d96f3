package io.kraken.tracer.bridge;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.ExportSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.BiFunction;

/**
 * A web application in a class loader of its own: it records on threads of the container and closes its tracer. It
 * shares only the JDK's types with the container.
 */
public final class RedeployedMain implements BiFunction<List<String>, ExecutorService, String> {

    static final int SPANS = 200;

    /** Arguments: name, span files, collector; the container's threads. Returns the service and the spans shipped. */
    @Override
    public String apply(List<String> arguments, ExecutorService pool) {
        final Tracer tracer = Tracer.create(new TracerConfig()
                .with(TracerConfig.BREAKER_ENABLED, false)
                .serviceName(arguments.get(0))
                .with(TracerConfig.RECORDS, 1024)
                .with(TracerConfig.FILE, arguments.get(1))
                .with(ExportSettings.OTLP_ENDPOINT, arguments.get(2))
                .with(ExportSettings.OTLP_TIMEOUT_MILLIS, 300)
                .with(ExportSettings.OTLP_ATTEMPTS, 2));
        if (!tracer.isEnabled()) {
            throw new AssertionError(tracer.describe());
        }
        final SpanName name = SpanName.of("redeployed.work");
        final List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < SPANS; i++) {
            results.add(pool.submit(() -> {
                try (Span span = tracer.start(name)) {
                    span.set("thread", Thread.currentThread().getName());
                }
            }));
        }
        try {
            for (Future<?> result : results) {
                result.get();
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        final Ledger ledger = tracer.close(Duration.ofSeconds(1));
        if (ledger.lost() != 0 || ledger.started() != SPANS) {
            throw new AssertionError(ledger + "\n" + tracer.describe());
        }
        return arguments.get(0) + '=' + ledger.shipped();
    }
}
