package io.kraken.tracer.jmh;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.bridge.Bridge;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.ring.RingExport;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The work of the processes that {@link BridgeLoad} starts. */
final class BridgeRoles {

    static final String SERVICE = "service";
    static final String RECEIVER = "receiver";
    static final String BRIDGE = "bridge";

    private static final int BURST = 512;
    private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(200);

    private final Options options;

    BridgeRoles(Options options) {
        this.options = options;
    }

    void run(String role) throws IOException {
        switch (role) {
            case SERVICE:
                service();
                break;
            case RECEIVER:
                receiver();
                break;
            case BRIDGE:
                bridge();
                break;
            default:
                throw new IllegalArgumentException("--role=" + role);
        }
    }

    // --- a service that records into a queue; on request it records all spans and returns their number and ids

    private void service() throws IOException {
        final Tracer tracer = Tracers.open(
                new TracerConfig()
                        .with(TracerConfig.BREAKER_ENABLED, false)
                        .serviceName("kraken-agent")
                        .with(ExportSettings.SINK, ExportSettings.QUEUE)
                        .with(ExportSettings.QUEUE_DIR, options.text("queues", ""))
                        .with(ExportSettings.QUEUE_MEGABYTES, 1 << 16)
                        .with(TracerConfig.FILE, TracerConfig.NO_FILE),
                new RingExport());
        Role.play("ready", () -> record(tracer));
    }

    private String record(Tracer tracer) {
        final long spans = (long) options.number("spans", 0);
        final double rate = options.number("rate", 0);
        final int traces = (int) options.number("traces", 0);
        final RemoteContext parent = new RemoteContext();
        final Request request = new Request();
        final long begunNs = System.nanoTime();
        long ids = 0;
        for (long i = 0; i < spans; i++) {
            if (i % BURST == 0) {
                while (rate > 0 && System.nanoTime() - begunNs < i / rate * 1e9 || isBehind(tracer)) {
                    LockSupport.parkNanos(PAUSE_NS);
                }
            }
            if (traces > 0) {
                parent.set(1, i % traces + 1, 1, 0);
            }
            ids += download(tracer, request.next(), traces > 0 ? parent : null);
        }
        final Delivery delivery = Tracers.delivery(tracer.close(Duration.ofSeconds(10)));
        return delivery.delivered() + " " + delivery.dropped() + " " + ids;
    }

    /**
     * Whether the exporter is behind. The service then waits, so that a slow machine makes it slower instead of
     * dropping spans.
     */
    private static boolean isBehind(Tracer tracer) {
        return tracer.ledger().ended() - tracer.ledger().count(Counter.QUEUED) > 16L * BURST;
    }

    private static long download(Tracer tracer, Request request, RemoteContext parent) {
        try (Span span = parent == null
                ? tracer.start(KrakenPeer.DOWNLOAD, SpanKind.SERVER)
                : tracer.start(KrakenPeer.DOWNLOAD, SpanKind.SERVER, parent).error("")) {
            span.set(KrakenPeer.NAMESPACE, request.namespace())
                    .set(KrakenPeer.DIGEST, request.digest())
                    .set(KrakenPeer.METHOD, Request.METHOD)
                    .set(KrakenPeer.SIZE, request.size())
                    .set(KrakenPeer.STATUS, Request.STATUS);
            return span.spanId();
        }
    }

    // --- backends, which return their addresses and counts

    private void receiver() throws IOException {
        final List<String> addresses = new ArrayList<>();
        final List<SpanCounter> counters = new ArrayList<>();
        for (int i = 0; i < (int) options.number("receivers", 1); i++) {
            if (type() == Type.OTLP_GRPC) {
                final GrpcReceiver receiver = new GrpcReceiver();
                addresses.add(receiver.address());
                counters.add(receiver.counter());
            } else {
                final Receiver receiver = new Receiver();
                addresses.add(receiver.address() + "/v1/traces");
                counters.add(receiver.counter());
            }
        }
        Role.play(String.join(";", addresses), () -> {
            final StringBuilder counts = new StringBuilder();
            counters.forEach(counter -> counts.append(counter.count()).append(';'));
            return counts.toString();
        });
        System.exit(0);
    }

    private Type type() {
        return Type.valueOf(options.text("type", Type.OTLP_GRPC.name()));
    }

    // --- the bridge, with default settings except for the delay; it returns number and time of its collections

    private void bridge() throws IOException {
        final List<DestinationConfig> destinations = new ArrayList<>();
        for (String address : options.text("addresses", "").split(";")) {
            destinations.add(new DestinationConfig(
                    "backend-" + destinations.size(),
                    type(),
                    URI.create(address),
                    Map.of(),
                    Boolean.parseBoolean(options.text("gzip", "false")),
                    TimeUnit.SECONDS.toNanos(10),
                    (int) options.number("requests", 4),
                    (int) options.number("request-bytes", 1 << 20),
                    new DestinationConfig.Retry(TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(30)),
                    null,
                    null));
        }
        final BridgeConfig.Keep keep =
                new BridgeConfig.Keep(true, TimeUnit.SECONDS.toNanos(1), 0, 1_000_000, TimeUnit.MINUTES.toNanos(5));
        try (Bridge bridge = Bridge.start(new BridgeConfig(
                Path.of(options.text("queues", "")),
                0,
                TimeUnit.MILLISECONDS.toNanos(200),
                TimeUnit.SECONDS.toNanos(5),
                1L << 40,
                TimeUnit.HOURS.toNanos(24),
                TimeUnit.SECONDS.toNanos(10),
                (int) options.number("threads", Runtime.getRuntime().availableProcessors()),
                null,
                keep,
                new BridgeConfig.Window(0, 1L << 40),
                null,
                destinations))) {
            Role.play("ready " + bridge, BridgeRoles::collections);
        }
    }

    private static String collections() {
        long count = 0;
        long ms = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            count += collector.getCollectionCount();
            ms += collector.getCollectionTime();
        }
        return count + " " + ms;
    }
}
