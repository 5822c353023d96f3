package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** A run of the report with invented figures and all parts. */
final class ResultsFixture {

    private static final double ERROR = 4;

    private ResultsFixture() {}

    static Results results() {
        final Machine machine = new Machine("a processor", 4, "a system", "a JDK", "0123456789ab", "2025-01-01");
        return new Results(machine, "short", service(), surge(), new Figures(figures()), peaks(), demo(), bridge());
    }

    /** Two rounds of 100 requests a side: p50 is 0.1, 7 and 11 µs, p99 ten times that; twice that in nested spans. */
    static ServiceResult service() {
        final List<ServiceResult.Point> points = new ArrayList<>();
        for (ServiceSpans.Shape shape : ServiceSpans.Shape.values()) {
            final List<ServiceResult.Round> rounds = new ArrayList<>();
            for (int round = 0; round < 2; round++) {
                final long factor = shape == ServiceSpans.Shape.NESTED ? 2 : 1;
                rounds.add(new ServiceResult.Round(
                        histograms(100 * factor, 7000 * factor, 11_000 * factor),
                        histograms(400_000, 410_000, 420_000)));
            }
            points.add(new ServiceResult.Point(1500, shape, rounds));
        }
        return new ServiceResult(points, new Delivery(12_000, 0), new Delivery(12_000, 3), 0);
    }

    static Histogram[] histograms(long... typicalNs) {
        final Histogram[] sides = new Histogram[typicalNs.length];
        for (int side = 0; side < sides.length; side++) {
            sides[side] = new Histogram(ServiceRun.LONGEST_NS, ServiceRun.DIGITS);
            for (int i = 0; i < 100; i++) {
                sides[side].recordValue(i < 98 ? typicalNs[side] : 10 * typicalNs[side]);
            }
        }
        return sides;
    }

    /** Three rounds; with a tracer at least half of the requests. */
    static SurgeResult surge() {
        final List<SurgeResult.Surge[]> rounds = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            rounds.add(new SurgeResult.Surge[] {
                new SurgeResult.Surge(150_000, 40_000_000),
                new SurgeResult.Surge(75_000 + 15_000 * round, 50_000_000 + round),
                new SurgeResult.Surge(30_000, 900_000_000)
            });
        }
        return new SurgeResult(200, 20, rounds, new long[] {0, 4_000_000, 2_000_000}, new long[] {0, 10, 5_000_000});
    }

    private static List<Measured> figures() {
        final List<Measured> figures = new ArrayList<>();
        for (String work : new String[] {Plan.SATURATED, Plan.PACED}) {
            figures.add(measured("FloorBenchmark.work", work, 1, work.equals(Plan.PACED) ? 520 : 0.5));
            figures.add(measured("FloorBenchmark.clocks", work, 1, work.equals(Plan.PACED) ? 565 : 45));
            for (String shape : new String[] {"bare", "kraken", "unsampled", "disabled", "nested", "failed", "full"}) {
                figures.add(measured("SpanBenchmark." + shape, work, 1, 640));
                figures.add(measured("OpenTelemetryBenchmark." + shape, work, 1, 1234.5));
                figures.add(measured("BraveBenchmark." + shape, work, 1, 2345));
                figures.add(measured("DatadogBenchmark." + shape, work, 1, 12_345));
                figures.add(measured("JfrBenchmark." + shape, work, 1, 600));
            }
        }
        for (int threads : Plan.threads(6)) {
            figures.add(measured("ScalingBenchmark.clocks", Plan.PACED, threads, 560 + threads));
            figures.add(measured("ScalingBenchmark.kraken", Plan.PACED, threads, 690 + threads));
            figures.add(measured("ScalingBenchmark.openTelemetry", Plan.PACED, threads, 900 + 200 * threads));
            figures.add(measured("ScalingBenchmark.brave", Plan.PACED, threads, 910 + 190 * threads));
        }
        for (String method : new String[] {"kraken", "openTelemetry"}) {
            figures.add(measured("EncodingBenchmark." + method, Plan.SATURATED, 1, 150));
            figures.add(measured("DeliveryBenchmark." + method, Plan.SATURATED, 1, 400));
            figures.add(measured("VirtualThreadBenchmark." + method, Plan.SATURATED, 1, 900));
            figures.add(new Measured(
                    "StringBenchmark." + method,
                    Map.of("work", Plan.PACED, "length", "64", "characters", "ascii"),
                    1,
                    620,
                    ERROR,
                    "ns/op",
                    0,
                    null));
        }
        return figures;
    }

    private static Measured measured(String name, String work, int threads, double score) {
        final Map<String, String> params = Map.of("work", work, "clock", "auto");
        return new Measured(name, params, threads, score, ERROR, "ns/op", 0.001, new Delivery(900_000, 1000));
    }

    private static List<PeakResult> peaks() {
        return List.of(
                peak(PeakResult.FLOOR, 22, 900),
                peak("kraken", 180, 1100),
                peak(PeakResult.FLOOR, 22, 950),
                peak("opentelemetry", 420, 90_000));
    }

    private static PeakResult peak(String system, long typical, long tail) {
        final PeakResult.Latency call = new PeakResult.Latency(
                typical, new long[] {typical, typical + 9, 2 * typical, tail, 9 * tail, 40 * tail});
        final PeakResult.Latency response = new PeakResult.Latency(
                typical + 40, new long[] {typical + 30, typical + 90, tail, 9 * tail, 20 * tail, 45 * tail});
        return new PeakResult(system, 1, 1e6, 999_999, call, response, 7_000_000, 0, 0, 140, 0.5, 210, 0, 0);
    }

    private static List<BridgeResult> bridge() {
        final ProcessUse use = new ProcessUse(8, 90_000, 100, 35, 0);
        return List.of(new BridgeResult(
                "grpc", 3_000_000, 5, 0, 8, 600_000, 900_000, 130, use, 800, 813_000_000, 813_000_000, 18, 70));
    }

    /** Three rounds of 1,000 requests a side, from 5 ms up; traced requests take 1 % longer. */
    static DemoResult demo() {
        final List<DemoSide> sides = new ArrayList<>();
        for (String name : DemoResult.SIDES) {
            final boolean traced = name.equals(DemoResult.TRACED);
            final List<DemoRound> rounds = new ArrayList<>();
            for (int round = 0; round < 3; round++) {
                final Histogram responses = new Histogram(TimeUnit.SECONDS.toNanos(120), 3);
                for (int i = 0; i < 1000; i++) {
                    final long ns = TimeUnit.MICROSECONDS.toNanos(5000 + 10L * i + round);
                    responses.recordValue(traced ? ns + ns / 100 : ns);
                }
                rounds.add(new DemoRound(responses, traced ? 404_000 : 400_000));
            }
            sides.add(new DemoSide(name, rounds, traced ? 30_000 : 0, 0, 3000, 0, 0));
        }
        return new DemoResult(667, sides);
    }
}
