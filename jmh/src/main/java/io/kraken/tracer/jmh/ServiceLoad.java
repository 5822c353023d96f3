package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.ServiceSpans.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Benchmark of the cost of a span in a real service: an HTTP server with everyday work in each request, whose spans are
 * recorded by this tracer, by the OpenTelemetry SDK and by none, in turns, request by request. The service is a
 * separate process; the clients are in this one, so that their compiler and collector do not affect the service.
 */
public final class ServiceLoad {

    private static final String RATES = "500,1500,5000";
    private static final int ROUNDS = 3;
    private static final double SECONDS = 5;
    private static final double WARM_UP_SECONDS = 5;
    /** Warm-up before each round, at its rate and shape; not measured. */
    private static final double LEAD_IN_SECONDS = 0.5;

    private static final String ROLE = "role";
    private static final String SURGE = "surge";

    private static final String USAGE = """
            ServiceLoad [--rates=500,1500,5000] [--shapes=bare,kraken,nested,around] [--rounds=3] [--seconds=5]
                        [--warmup=5] [--threads=16] [--clock=auto|tsc|nanotime] [--json=file]
              --rates    requests a second, each measured separately
              --shapes   bare    one span with one attribute, around nothing
                         kraken  agent.download_blob with five attributes, around nothing
                         nested  five nested spans
                         around  the Kraken span around half of the request's work
              --rounds   rounds of each rate and shape; the sides take turns within each, request by request
              --threads  threads of the service
              --json     file for the result with machine, JDK, commit and date
            ServiceLoad --surge [--threads=200] [--rounds=3] [--seconds=3] [--clock=...] [--json=file]
              requests of 20 spans and little other work on many threads, as fast as possible: requests a second without
              a tracer, with this one and with the OpenTelemetry SDK, in turns
              --seconds  length of each surge; a second of steady load precedes it
            """;

    private final Options options;

    private ServiceLoad(Options options) {
        this.options = options;
    }

    public static void main(String[] args) throws Exception {
        final Options options = new Options(args);
        if (options.has("help")) {
            System.out.print(USAGE);
        } else if (options.has(ROLE)) {
            if (options.has(SURGE)) {
                new SurgeRun(options).run();
            } else {
                new ServiceRun(options).run();
            }
        } else {
            final boolean surge = options.has(SURGE);
            final ServiceResult service = surge ? null : run(options);
            final SurgeResult surges = surge ? surge(options) : null;
            System.out.println();
            System.out.print(surge ? surges.text() : service.text());
            if (options.has("json")) {
                Files.writeString(
                        Path.of(options.text("json", "")),
                        Json.of(Results.of(Machine.here(), "service", service, surges)));
            }
        }
    }

    static ServiceResult run(Options options) throws IOException, InterruptedException {
        return new ServiceLoad(options).run();
    }

    static SurgeResult surge(Options options) throws IOException {
        try (Role service = start(options.with(SURGE, ""))) {
            return Role.decode(service.answer(), SurgeResult.class);
        }
    }

    private static Role start(Options options) throws IOException {
        return new Role(
                "the service",
                -1,
                ChildJvm.command(
                        ServiceLoad.class, options.with(ROLE, "service").without("json")));
    }

    /** @throws IllegalArgumentException when one of them is not a positive number */
    static double[] rates(Options options) {
        final String[] texts = options.text("rates", RATES).split(",");
        final double[] rates = new double[texts.length];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = new Options("--rates=" + texts[i]).number("rates", 0);
            if (!(rates[i] > 0)) {
                throw new IllegalArgumentException("--rates=" + texts[i] + " should be above 0");
            }
        }
        return rates;
    }

    /** @throws IllegalArgumentException when a shape is unknown */
    static List<Shape> shapes(Options options) {
        if (!options.has("shapes")) {
            return List.of(Shape.values());
        }
        final List<Shape> shapes = new ArrayList<>();
        for (String name : options.text("shapes", "").split(",")) {
            shapes.add(Shape.of(name));
        }
        return shapes;
    }

    private ServiceResult run() throws IOException, InterruptedException {
        final double[] rates = rates(options);
        final List<Shape> shapes = shapes(options);
        final int rounds = (int) options.number("rounds", ROUNDS);
        final double seconds = options.number("seconds", SECONDS);
        final List<ServiceResult.Point> points = new ArrayList<>();
        for (double rate : rates) {
            for (Shape shape : shapes) {
                points.add(new ServiceResult.Point(rate, shape, new ArrayList<>()));
            }
        }
        long missing = 0;
        try (Role service = start(options)) {
            try (ServiceClient client = new ServiceClient(Integer.parseInt(service.answer()))) {
                for (Shape shape : shapes) {
                    client.run(
                            rates[rates.length - 1], options.number("warmup", WARM_UP_SECONDS) / shapes.size(), shape);
                }
                for (int round = 0; round < rounds; round++) {
                    System.out.printf("  round %d of %d%n", round + 1, rounds);
                    for (ServiceResult.Point point : points) {
                        client.run(point.rate(), LEAD_IN_SECONDS, point.shape());
                        service.ask();
                        final ServiceClient.Sent sent = client.run(point.rate(), seconds, point.shape());
                        point.rounds()
                                .add(new ServiceResult.Round(
                                        ServiceRun.calls(service.ask(), point.shape()), sent.responses()));
                        missing += sent.missing();
                    }
                }
            }
            final long[] spans = Role.decode(service.finish(), long[].class);
            return new ServiceResult(
                    points, new Delivery(spans[0], spans[1]), new Delivery(spans[2], spans[3]), missing);
        }
    }
}
