package io.kraken.tracer.jmh;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.sampling.OperationRate;
import io.kraken.tracer.sampling.Sampler;
import io.kraken.tracer.sampling.Samplers;
import io.kraken.tracer.sampling.SamplingPlan;
import io.kraken.tracer.sampling.SamplingRule;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One sampling decision. Each trace has other randomness, operations take turns; rules and bounds have 64 of them,
 * every other one with its own rate. The peer is OpenTelemetry's ratio sampler.
 */
@State(Scope.Thread)
public class SamplerBenchmark extends Defaults {

    private static final int OPERATIONS = 64;
    private static final double MANY = 1_000_000_000;
    private static final String PATH = "/namespace/library%2Fnginx/blobs/sha256:0123456789abcdef";
    private static final Map<String, OperationRate> NONE = Map.of();

    @Param({
        "always on",
        "ratio",
        "parent-based ratio, no parent",
        "parent-based ratio, caller",
        "limit",
        "limit, refusing",
        "rules by operation",
        "rules by operation, no symbol",
        "rules by path",
        "lower bound",
        "lower bound, used up",
        "adaptive",
        "all of these"
    })
    public String sampler;

    private final String[] names = new String[OPERATIONS];
    private Sampler deciding;
    private io.opentelemetry.sdk.trace.samplers.Sampler theirs;
    private TraceContext parent;
    private String path;
    private int noSymbol;
    private long count;

    @Setup
    public void setUp() {
        for (int i = 0; i < OPERATIONS; i++) {
            names[i] = (i % 2 == 0 ? "agent.operation-" : "scheduler.") + i;
        }
        deciding = deciding();
        theirs = io.opentelemetry.sdk.trace.samplers.Sampler.traceIdRatioBased(0.1);
        parent = sampler.endsWith("caller") ? new RemoteContext().set(1, 2, 3, TraceContext.SAMPLED) : null;
        path = sampler.endsWith("path") || sampler.startsWith("all") ? PATH : null;
        noSymbol = sampler.endsWith("no symbol") ? -1 : 0;
    }

    private Sampler deciding() {
        final Sampler ratio = Samplers.ratio(0.1);
        return switch (sampler) {
            case "always on" -> Samplers.alwaysOn();
            case "ratio" -> ratio;
            case "parent-based ratio, no parent", "parent-based ratio, caller" -> Samplers.parentBased(ratio);
            case "limit" -> Samplers.limit(MANY, ratio);
            case "limit, refusing" -> Samplers.limit(1, ratio);
            case "rules by operation", "rules by operation, no symbol" -> Samplers.operations(rates(0), ratio);
            case "rules by path" -> Samplers.rules(paths(), ratio);
            case "lower bound" -> Samplers.atLeast(MANY, NONE, ratio);
            case "lower bound, used up" -> Samplers.atLeast(1, NONE, ratio);
            case "adaptive" -> Samplers.adaptive(0.1, ratio);
            default ->
                SamplingPlan.byDefault()
                        .withBase(SamplingPlan.Base.ratio(0.1))
                        .withOperations(rates(1))
                        .withRules(paths())
                        .withLimit(MANY)
                        .withAdaptive(0.1)
                        .compile();
        };
    }

    private static Map<String, OperationRate> rates(double lowerBound) {
        final Map<String, OperationRate> rates = new HashMap<>();
        rates.put("agent.*", new OperationRate(0.2, lowerBound));
        rates.put("scheduler.download", new OperationRate(0.5, lowerBound));
        return rates;
    }

    private static List<SamplingRule> paths() {
        return SamplingRule.parseAll(
                "path:/health=0; path:/readiness=0; path:/metrics=0; path:/namespace/*/blobs/*=0.2");
    }

    /** Refills the token buckets. */
    @Setup(Level.Iteration)
    public void tick() {
        deciding.tick(System.nanoTime(), 0, 0);
    }

    @Benchmark
    public long decide() {
        final long trace = count++;
        final int operation = (int) trace & OPERATIONS - 1;
        final long randomness = trace * 0x9E37_79B9_7F4A_7C15L >>> 8;
        return deciding.decide(parent, randomness, operation | noSymbol, names[operation], path);
    }

    /** Only with {@code ratio}. The trace id is a string, as in OpenTelemetry's interface, the same each time. */
    @Benchmark
    public SamplingResult decideOpenTelemetry() {
        final int operation = (int) count++ & OPERATIONS - 1;
        return theirs.shouldSample(
                Context.root(),
                "0af7651916cd43dd8448eb211c80319c",
                names[operation],
                SpanKind.SERVER,
                Attributes.empty(),
                List.of());
    }
}
