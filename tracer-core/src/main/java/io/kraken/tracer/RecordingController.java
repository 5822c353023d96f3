package io.kraken.tracer;

import io.kraken.tracer.clock.Clocks;
import io.kraken.tracer.file.BreakerState;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.process.CircuitBreaker;
import io.kraken.tracer.process.ContainerLimits;
import io.kraken.tracer.process.ProcessLoad;
import io.kraken.tracer.sampling.OperationRate;
import io.kraken.tracer.sampling.Sampler;
import io.kraken.tracer.sampling.SamplingPlan;
import io.kraken.tracer.settings.BaseSampler;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The controller of the {@link RecordingPolicy} in force: it reads the control words written from outside, watches load
 * and errors, drives the sampler, and replaces the policy when any of these requires it. Runs in the exporter's duty
 * cycle; {@link #recording} may be called by any thread.
 */
final class RecordingController {

    /**
     * The values of the settings.
     *
     * @param own the program's own sampler, null if the plan decides
     */
    record Settings(
            SamplingPlan plan,
            Sampler own,
            boolean records,
            boolean samplesOnly,
            Breaker breaker,
            ContainerLimits limits) {

        static Settings of(TracerConfig config) {
            final String record = config.get(TracerConfig.RECORD);
            return new Settings(
                    plan(config),
                    config.sampler(),
                    !record.equals(TracerConfig.RECORD_NONE),
                    record.equals(TracerConfig.RECORD_SAMPLED),
                    new Breaker(
                            config.get(TracerConfig.BREAKER_ENABLED),
                            config.get(TracerConfig.BREAKER_SAMPLED_THRESHOLD),
                            config.get(TracerConfig.BREAKER_THRESHOLD),
                            config.get(TracerConfig.BREAKER_COOLDOWN).toNanos()),
                    config.containerLimits());
        }

        private static SamplingPlan plan(TracerConfig config) {
            final BaseSampler base = config.baseSampler();
            return SamplingPlan.byDefault()
                    .withBase(
                            base.ratio()
                                    ? SamplingPlan.Base.ratio(base.rate())
                                    : base.rate() > 0 ? SamplingPlan.Base.ALWAYS_ON : SamplingPlan.Base.ALWAYS_OFF)
                    .withParentBased(base.parentBased())
                    .withRules(config.get(TracerConfig.SAMPLING_RULES))
                    .withLimit(config.get(TracerConfig.SAMPLING_LIMIT))
                    .withLowerBound(config.get(TracerConfig.SAMPLING_LOWER_BOUND))
                    .withAdaptive(config.get(TracerConfig.SAMPLING_ADAPTIVE) ? ADAPTIVE_LEAST : 0);
        }
    }

    record Breaker(boolean on, double sampledThreshold, double threshold, long coolDownNs) {}

    /** The factor down to which the adaptive sampler may reduce each share. */
    private static final double ADAPTIVE_LEAST = 0.01;

    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Recorder recorder;
    private final SpanFile file;
    private final Settings settings;
    private final CircuitBreaker breaker;
    private final ProcessLoad load;

    private Sampler sampler;
    private boolean begun;
    private long nextNs;
    private long errorsBefore;
    private long takenBefore;

    RecordingController(Recorder recorder, Settings settings) {
        this.recorder = recorder;
        this.file = recorder.file;
        this.settings = settings;
        this.load = new ProcessLoad(settings.limits);
        this.breaker = new CircuitBreaker(
                settings.breaker.sampledThreshold, settings.breaker.threshold, settings.breaker.coolDownNs);
        this.sampler = settings.own != null ? settings.own : settings.plan.compile();
        configureBreaker(ControlWords.Breaker.UNSAID);
        recorder.follow(newPolicy());
    }

    synchronized void recording(boolean on) {
        file.recording(on);
        putInForce();
    }

    /** Called by the exporter's thread in each cycle. */
    synchronized void keep(long nowNs) {
        file.readControl();
        if (file.controlChanged()) {
            take(file.control());
        }
        if (!begun || Clocks.isDue(nextNs, nowNs, INTERVAL_NS)) {
            begun = true;
            nextNs = nowNs + INTERVAL_NS;
            tick(nowNs);
        }
        putInForce();
    }

    /** Applies control words: values given from outside replace those of the settings; absent values do not. */
    private void take(ControlWords words) {
        final boolean silent = words.rate() == null
                && words.limit() == null
                && words.lowerBound() == null
                && words.operations().isEmpty();
        sampler = silent && settings.own != null ? settings.own : planned(words).compile();
        configureBreaker(words.breaker());
        recorder.follow(newPolicy());
        begun = false; // so that the status shows the change at once
    }

    private SamplingPlan planned(ControlWords words) {
        SamplingPlan plan = settings.plan;
        if (words.rate() != null) {
            plan = plan.withBase(SamplingPlan.Base.ratio(words.rate()));
        }
        if (words.limit() != null) {
            plan = plan.withLimit(words.limit());
        }
        if (words.lowerBound() != null) {
            plan = plan.withLowerBound(words.lowerBound());
        }
        final Map<String, OperationRate> operations = new HashMap<>();
        words.operations()
                .forEach((name, rate) -> operations.put(name, new OperationRate(rate.share(), rate.lowerBound())));
        return plan.withOperations(operations);
    }

    private void configureBreaker(ControlWords.Breaker fromOutside) {
        breaker.configure(
                fromOutside.on() != null ? fromOutside.on() : settings.breaker.on,
                fromOutside.threshold() != null ? fromOutside.threshold() : settings.breaker.threshold);
    }

    private void tick(long nowNs) {
        final BreakerState before = breaker.state();
        breaker.tick(nowNs, load.load(nowNs), recorder.occupancy());
        if (breaker.state() != before) {
            recorder.follow(newPolicy());
        }
        double rate = Double.NaN;
        try {
            sampler.tick(nowNs, breaker.load(), errors());
            rate = sampler.rate();
        } catch (Throwable e) { // thrown by a sampler of the program
            recorder.failed(e);
        }
        file.status(rate, breaker.load(), breaker.state(), breaker.timesOpened());
    }

    /** The share of errors among the spans taken since the last call. */
    private double errors() {
        final long taken = file.counters().get(Counter.TAKEN);
        final long errors = file.counters().get(Counter.ERRORS);
        final long newSpans = taken - takenBefore;
        final long newErrors = errors - errorsBefore;
        takenBefore = taken;
        errorsBefore = errors;
        return newSpans <= 0 ? 0 : Math.min(1, (double) newErrors / newSpans);
    }

    private boolean records() {
        return settings.records && file.isRecording() && breaker.state() != BreakerState.OPEN;
    }

    private RecordingPolicy newPolicy() {
        final boolean samplesOnly = settings.samplesOnly || breaker.state() == BreakerState.SAMPLED_ONLY;
        return new RecordingPolicy(sampler, records(), samplesOnly, breaker);
    }

    private void putInForce() {
        if (records() != recorder.policy().recording) {
            recorder.follow(newPolicy());
        }
    }
}
