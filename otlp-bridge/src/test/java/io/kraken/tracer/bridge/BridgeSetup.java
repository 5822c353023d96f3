package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The bridge settings that vary in tests of whole processes; also as arguments, for forked bridges. */
final class BridgeSetup {

    private final Path root;
    private final List<String> endpoints = new ArrayList<>();
    private int delayMs;
    private int drainMs = 10_000;
    private int requests = 4;
    private int requestBytes = 1 << 20;
    private int retryMs = 50;

    BridgeSetup(Path root) {
        this.root = root;
    }

    /** Parses {@link #arguments}. */
    static BridgeSetup of(String[] arguments) {
        final BridgeSetup setup = new BridgeSetup(Path.of(arguments[0]))
                .delayMs(Integer.parseInt(arguments[1]))
                .drainMs(Integer.parseInt(arguments[2]))
                .requests(Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]))
                .retryMs(Integer.parseInt(arguments[5]));
        setup.endpoints.addAll(List.of(arguments).subList(6, arguments.length));
        return setup;
    }

    List<String> arguments() {
        final List<String> arguments = new ArrayList<>();
        arguments.add(root.toString());
        for (int number : new int[] {delayMs, drainMs, requests, requestBytes, retryMs}) {
            arguments.add(Integer.toString(number));
        }
        arguments.addAll(endpoints);
        return arguments;
    }

    /** A destination for gRPC with this name. */
    BridgeSetup grpc(String name, int port) {
        endpoints.add(name + "=grpc:" + port);
        return this;
    }

    BridgeSetup http(String name, int port) {
        endpoints.add(name + "=http:" + port);
        return this;
    }

    BridgeSetup delayMs(int millis) {
        delayMs = millis;
        return this;
    }

    BridgeSetup drainMs(int millis) {
        drainMs = millis;
        return this;
    }

    BridgeSetup requests(int count, int bytes) {
        requests = count;
        requestBytes = bytes;
        return this;
    }

    /** The first backoff; the maximum is twenty times as long. */
    BridgeSetup retryMs(int millis) {
        retryMs = millis;
        return this;
    }

    BridgeConfig config() {
        final List<DestinationConfig> destinations = new ArrayList<>();
        endpoints.forEach(endpoint -> destinations.add(destination(endpoint)));
        return new BridgeConfig(
                root,
                TimeUnit.MILLISECONDS.toNanos(delayMs),
                TimeUnit.MILLISECONDS.toNanos(50),
                TimeUnit.SECONDS.toNanos(5),
                1L << 40,
                TimeUnit.HOURS.toNanos(24),
                TimeUnit.MILLISECONDS.toNanos(drainMs),
                4,
                null,
                new BridgeConfig.Keep(true, TimeUnit.SECONDS.toNanos(1), 0, 10_000, TimeUnit.MINUTES.toNanos(5)),
                new BridgeConfig.Window(0, 1L << 40),
                null,
                destinations);
    }

    private DestinationConfig destination(String text) {
        final String[] parts = text.split("[=:]");
        return new DestinationConfig(
                parts[0],
                parts[1].equals("grpc") ? DestinationConfig.Type.OTLP_GRPC : DestinationConfig.Type.OTLP_HTTP,
                URI.create("http://127.0.0.1:" + parts[2]),
                Map.of(),
                false,
                TimeUnit.SECONDS.toNanos(30),
                requests,
                requestBytes,
                new DestinationConfig.Retry(
                        TimeUnit.MILLISECONDS.toNanos(retryMs), TimeUnit.MILLISECONDS.toNanos(20L * retryMs)),
                null,
                null);
    }
}
