package io.kraken.tracer;

import static io.kraken.tracer.settings.SettingType.OPTIONAL_SHARE;
import static io.kraken.tracer.settings.SettingType.SWITCH;
import static io.kraken.tracer.settings.SettingType.TEXT;
import static io.kraken.tracer.settings.SettingType.choice;
import static io.kraken.tracer.settings.SettingType.choices;
import static io.kraken.tracer.settings.SettingType.durationOrMillis;
import static io.kraken.tracer.settings.SettingType.list;
import static io.kraken.tracer.settings.SettingType.number;
import static io.kraken.tracer.settings.SettingType.powerOfTwo;
import static io.kraken.tracer.settings.SettingType.wholeNumber;

import io.kraken.tracer.clock.Clocks;
import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.clock.TscClock;
import io.kraken.tracer.process.ContainerLimits;
import io.kraken.tracer.process.ProcessResource;
import io.kraken.tracer.propagation.Baggage;
import io.kraken.tracer.propagation.Propagator;
import io.kraken.tracer.sampling.Sampler;
import io.kraken.tracer.sampling.SamplingRule;
import io.kraken.tracer.settings.BaseSampler;
import io.kraken.tracer.settings.KnownSettings;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingProblems;
import io.kraken.tracer.settings.SettingSources;
import io.kraken.tracer.settings.SettingSources.Found;
import io.kraken.tracer.settings.SettingText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The settings of a tracer and of its sinks. A value is looked up in this order: in code ({@link #with}); in the system
 * property; in the tracer's own environment variable, whose name is derived from that of the property; in
 * OpenTelemetry's variables for the same thing; in the YAML file named by {@link #CONFIG}; else it is the default. An
 * empty value counts as not set. An invalid value is replaced by the default with a warning, never an exception: the
 * program starts in any case, unless {@link #STRICT} is set.
 *
 * <p>In the file, settings are below the key {@code tracing}, and any other setting is below {@code tracing: settings}
 * under the name of its property; {@link YamlKeys} has the list.
 */
public final class TracerConfig implements SettingProblems {

    public static final String AUTO = "auto";
    public static final String NO_FILE = "none";
    public static final String RECORD_ALL = "all";
    public static final String RECORD_SAMPLED = "sampled";
    public static final String RECORD_NONE = "none";

    public static final Setting<Boolean> ENABLED = Setting.of("kraken.tracer.enabled", SWITCH, true);
    public static final Setting<String> SERVICE_NAME =
            Setting.of("kraken.tracer.service.name", TEXT, "", "OTEL_SERVICE_NAME");
    /** {@code key=value,...}, values percent-encoded. */
    public static final Setting<String> RESOURCE_ATTRIBUTES =
            Setting.of("kraken.tracer.resource.attributes", TEXT, "", "OTEL_RESOURCE_ATTRIBUTES");
    /** Bytes of a record. */
    public static final Setting<Integer> RECORD_LENGTH =
            Setting.of("kraken.tracer.record.length", powerOfTwo(128, 4096), 256);
    /**
     * Capacity in records, for open spans and ended ones that wait for the exporter together; rounded to a multiple of
     * 64. 0: 24,576 for each processor that the process may use, of 2 to 16. So with two processors the exporter may
     * pause for half a second at 100,000 spans a second, for a second at 50,000, and so on; the span file then has 14
     * MB. Fewer if that would exceed a sixteenth of the container's memory or an eighth of the file system.
     */
    public static final Setting<Integer> RECORDS =
            Setting.of("kraken.tracer.records", wholeNumber(0, 8 * 1024 * 1024), 0, "OTEL_BSP_MAX_QUEUE_SIZE");
    /** Open spans older than this are abandoned when records become scarce, and exported as abandoned. */
    public static final Setting<Duration> ABANDON_AFTER =
            Setting.of("kraken.tracer.abandon.after", durationOrMillis("1s", "8760h"), Duration.ofHours(1));
    /** How long a span that starts while no record is free may wait for one; 0 drops it at once. */
    public static final Setting<Integer> FULL_WAIT_MICROS =
            Setting.of("kraken.tracer.full.wait.micros", wholeNumber(0, 1_000_000), 0);
    /**
     * The directory of the span file; {@code auto}: below /dev/shm if it exists; {@code none}: memory that no other
     * process can read.
     */
    public static final Setting<String> FILE = Setting.of("kraken.tracer.file", TEXT, AUTO);
    /**
     * Maximum size of the span file, or of the memory in its place; 0 is no bound. The number of records is reduced to
     * fit.
     */
    public static final Setting<Integer> MEMORY_MEGABYTES =
            Setting.of("kraken.tracer.memory.megabytes", wholeNumber(0, 1 << 20), 0);
    /** The number of files of dead processes that are kept for recovery. */
    public static final Setting<Integer> FILES_KEPT = Setting.of("kraken.tracer.files.kept", wholeNumber(0, 10_000), 4);

    public static final Setting<String> CLOCK =
            Setting.of("kraken.tracer.clock", choice(List.of(AUTO, "tsc", "nanotime")), AUTO);
    /** Whether the tracer is closed when the JVM shuts down. */
    public static final Setting<Boolean> SHUTDOWN_HOOK = Setting.of("kraken.tracer.shutdown.hook", SWITCH, true);
    /**
     * How long the tracer continues to record at shutdown while the program's own hooks run. Closing may take three
     * seconds more, so the default fits into the ten seconds that containers have to stop.
     */
    public static final Setting<Duration> SHUTDOWN_GRACE =
            Setting.of("kraken.tracer.shutdown.grace", durationOrMillis("0", "24h"), Duration.ofSeconds(5));

    public static final Setting<Integer> MAX_ATTRIBUTES = Setting.of(
            "kraken.tracer.limit.attributes",
            wholeNumber(0, 10_000),
            128,
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_ATTRIBUTE_COUNT_LIMIT");
    public static final Setting<Integer> MAX_EVENTS =
            Setting.of("kraken.tracer.limit.events", wholeNumber(0, 10_000), 128, "OTEL_SPAN_EVENT_COUNT_LIMIT");
    public static final Setting<Integer> MAX_LINKS =
            Setting.of("kraken.tracer.limit.links", wholeNumber(0, 10_000), 128, "OTEL_SPAN_LINK_COUNT_LIMIT");
    public static final Setting<Integer> MAX_DETAIL_ATTRIBUTES = Setting.of(
            "kraken.tracer.limit.event.attributes",
            wholeNumber(0, 10_000),
            128,
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT");
    /** Characters of a string value. */
    public static final Setting<Integer> MAX_VALUE_LENGTH = Setting.of(
            "kraken.tracer.limit.value.length",
            wholeNumber(0, Integer.MAX_VALUE),
            Integer.MAX_VALUE,
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");

    /** The header formats in which contexts are propagated. */
    public static final Setting<String> PROPAGATORS = Setting.of(
            "kraken.tracer.propagators",
            choices(Propagator.FORMATS, Propagator.NONE),
            "tracecontext,baggage",
            "OTEL_PROPAGATORS");
    /** Baggage keys whose values are also recorded, as attributes {@code baggage.<key>} of each span. */
    public static final Setting<List<String>> BAGGAGE_ATTRIBUTES = Setting.of(
            "kraken.tracer.baggage.attributes",
            list(Baggage::parseKeys, ",", "keys of baggage, such as tenant,tier"),
            List.of());
    /** Maximum number of open traces with trace state or baggage; for the process, set by its first tracer. */
    public static final Setting<Integer> CONTEXT_PLACES =
            Setting.of("kraken.tracer.context.places", wholeNumber(16, (1 << 20) - 1), TraceBaggagePool.DEFAULT_PLACES);

    /**
     * The sampler for traces that no rule matches, by its name in OpenTelemetry. The two of Jaeger use the initial rate
     * in {@link #SAMPLER_ARG} until the bridge, which polls Jaeger, sets others.
     */
    public static final Setting<String> SAMPLER = Setting.of(
            "kraken.tracer.sampler", choice(BaseSampler.NAMES), "parentbased_always_on", "OTEL_TRACES_SAMPLER");
    /** The share of a ratio, or Jaeger's {@code endpoint=...,initialSamplingRate=0.25}. */
    public static final Setting<String> SAMPLER_ARG =
            Setting.of("kraken.tracer.sampler.arg", TEXT, "", "OTEL_TRACES_SAMPLER_ARG");
    /**
     * A shorthand for the sampler above: the share of traces begun here that are sampled, parent-based. NaN if not set.
     * If both are set, the one from the source of higher precedence counts; with equal precedence, this one.
     */
    public static final Setting<Double> SAMPLING_RATE =
            Setting.of("kraken.tracer.sampling.rate", OPTIONAL_SHARE, Double.NaN);
    /** {@code path:/health=0;operation:scheduler.*=0.5}: the first rule that matches replaces the rate. */
    public static final Setting<List<SamplingRule>> SAMPLING_RULES = Setting.of(
            "kraken.tracer.sampling.rules",
            list(SamplingRule::parseAll, ";", "rules such as path:/health=0;operation:scheduler.*=0.5"),
            List.of());
    /** Maximum number of traces a second that rates and rules may sample; 0 is no limit. */
    public static final Setting<Double> SAMPLING_LIMIT =
            Setting.of("kraken.tracer.sampling.limit", number(0, 10_000_000), 0.0);
    /** Traces a second of each operation that are sampled even if its rate gives fewer; 0 is no lower bound. */
    public static final Setting<Double> SAMPLING_LOWER_BOUND =
            Setting.of("kraken.tracer.sampling.lower.bound", number(0, 1_000_000), 0.0);
    /** Whether rates fall under load and rise with errors. */
    public static final Setting<Boolean> SAMPLING_ADAPTIVE =
            Setting.of("kraken.tracer.sampling.adaptive", SWITCH, false);
    /** The spans that are recorded for hindsight on the host: all, those of sampled traces only, or none. */
    public static final Setting<String> RECORD =
            Setting.of("kraken.tracer.record", choice(List.of(RECORD_ALL, RECORD_SAMPLED, RECORD_NONE)), RECORD_ALL);

    /** Whether recording stops while the process is overloaded. */
    public static final Setting<Boolean> BREAKER_ENABLED = Setting.of("kraken.tracer.breaker.enabled", SWITCH, true);
    /** The load from which the process is overloaded: share of the processors that it may use, or of the ring. */
    public static final Setting<Double> BREAKER_THRESHOLD =
            Setting.of("kraken.tracer.breaker.threshold", number(0.05, 1), 0.9);
    /**
     * The load from which only sampled traces are recorded, as a first step; without effect if it is not below the
     * threshold.
     */
    public static final Setting<Double> BREAKER_SAMPLED_THRESHOLD =
            Setting.of("kraken.tracer.breaker.sampled.threshold", number(0.05, 1), 0.8);
    /** How long recording stays off before it is probed again. */
    public static final Setting<Duration> BREAKER_COOLDOWN =
            Setting.of("kraken.tracer.breaker.cooldown", durationOrMillis("100ms", "24h"), Duration.ofSeconds(30));

    /** The path of a YAML file with settings. */
    public static final Setting<String> CONFIG = Setting.of("kraken.tracer.config", TEXT, "");
    /** Makes {@link Tracer#create} throw an exception that lists all invalid settings, instead of using defaults. */
    public static final Setting<Boolean> STRICT = Setting.of("kraken.tracer.strict", SWITCH, false);

    private static final Path ROOT = Path.of("/");
    private static final int RECORDS_A_PROCESSOR = 24 * 1024;
    private static final int LEAST_PROCESSORS = 2;
    private static final int MOST_PROCESSORS = 16;

    private final SettingSources sources;
    private final Set<Setting<?>> known = new LinkedHashSet<>(Setting.declaredIn(TracerConfig.class));
    private final Map<Setting<?>, Found<?>> found = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private Map<String, String> resource = Map.of();
    private BaseSampler baseSampler;
    private boolean concluded;
    private Sampler sampler;
    private Clocks clocks;
    private ContainerLimits containerLimits;
    private String fileNote = "";
    private String sizeNote = "";

    /** Settings from code only: properties and environment are ignored. */
    public TracerConfig() {
        this(name -> null, name -> null);
    }

    TracerConfig(UnaryOperator<String> properties, UnaryOperator<String> environment) {
        final KnownSettings special = new KnownSettings(CONFIG, ENABLED, SAMPLING_RULES, YamlKeys.PROPERTIES);
        sources = new SettingSources(properties, environment, special, () -> get(CONFIG), this);
    }

    /** Settings from all sources. */
    public static TracerConfig fromEnvironment() {
        return new TracerConfig(System::getProperty, System::getenv);
    }

    /** Sets a value in code, which takes precedence over all other sources. */
    public synchronized <T> TracerConfig with(Setting<T> setting, T value) {
        if (!concluded) {
            sources.set(setting, value);
            found.remove(setting);
        }
        return this;
    }

    public TracerConfig serviceName(String name) {
        return with(SERVICE_NAME, name);
    }

    /**
     * Sets a sampler of the program, which replaces all sampling settings unless control words from outside set a rate.
     * It also decides about parents, see {@link io.kraken.tracer.sampling.Samplers#parentBased}.
     */
    public synchronized TracerConfig sampler(Sampler own) {
        if (!concluded) {
            sampler = own;
        }
        return this;
    }

    /** Null if the settings decide. */
    synchronized Sampler sampler() {
        return sampler;
    }

    TracerConfig clock(TickClock ticks, LongSupplier epochNs) {
        return clocks(Clocks.of(ticks, epochNs));
    }

    TracerConfig containerLimits(ContainerLimits known) {
        containerLimits = known;
        return this;
    }

    /** The limits of this process, unless a test has set others. */
    synchronized ContainerLimits containerLimits() {
        if (containerLimits == null) {
            containerLimits = ContainerLimits.read(ROOT);
        }
        return containerLimits;
    }

    TracerConfig clocks(Clocks all) {
        clocks = all;
        return this;
    }

    /** The value in force. */
    public <T> T get(Setting<T> setting) {
        return found(setting).value();
    }

    @SuppressWarnings("unchecked") // values are put in under the setting of their type
    private synchronized <T> Found<T> found(Setting<T> setting) {
        Found<?> value = found.get(setting);
        if (value == null) {
            value = sources.find(setting);
            found.put(setting, value);
            known.add(setting);
        }
        return (Found<T>) value;
    }

    /** Whether the first is set in a source of higher precedence than the second. */
    boolean isWeightier(Setting<?> first, Setting<?> second) {
        return !found(second).weighsAsMuchAs(found(first));
    }

    /** Makes the settings final. Called by {@link Tracer#create}. */
    public synchronized TracerConfig conclude() {
        if (concluded) {
            return this;
        }
        concluded = true;
        get(PROPAGATORS); // so that a warning about it exists before warnings are logged
        if (clocks == null) {
            clocks = Clocks.of(TscClock.choose(get(CLOCK), CLOCK.property(), this::warn), Clocks::wallClockNs);
        }
        resource = new ProcessResource(RESOURCE_ATTRIBUTES, this)
                .of(
                        get(RESOURCE_ATTRIBUTES),
                        get(SERVICE_NAME),
                        isWeightier(RESOURCE_ATTRIBUTES, SERVICE_NAME),
                        TracerConfig.class.getPackage().getImplementationVersion());
        return this;
    }

    /** Looks up all known settings, so that all problems are found. */
    synchronized void check(List<Setting<?>> further) {
        known.addAll(further);
        final Set<String> names = new HashSet<>();
        for (Setting<?> setting : List.copyOf(known)) {
            found(setting);
            names.add(setting.property());
        }
        sources.refuseUnknown(names);
        baseSampler();
    }

    /** The result of {@link #SAMPLER}, {@link #SAMPLER_ARG} and {@link #SAMPLING_RATE}. */
    synchronized BaseSampler baseSampler() {
        if (baseSampler == null) {
            final Found<Double> rate = found(SAMPLING_RATE);
            baseSampler = !rate.value().isNaN() && rate.weighsAsMuchAs(found(SAMPLER))
                    ? new BaseSampler(rate.value(), true, true)
                    : BaseSampler.of(SAMPLER, get(SAMPLER), SAMPLER_ARG, get(SAMPLER_ARG), this);
        }
        return baseSampler;
    }

    /** Every setting with its value and source, one a line; secrets are masked. */
    public synchronized String describe() {
        final StringBuilder text = new StringBuilder(4096);
        for (Setting<?> setting : List.copyOf(known)) {
            describe(setting, text);
        }
        return text.toString();
    }

    private <T> void describe(Setting<T> setting, StringBuilder text) {
        final Found<T> value = found(setting);
        text.append(SettingText.line(setting.property(), setting.show(value.value()), value.where()));
    }

    /** The resource attributes of this process, part of every span. */
    public Map<String, String> resource() {
        return Collections.unmodifiableMap(resource);
    }

    public String serviceName() {
        return resource.getOrDefault("service.name", "");
    }

    /** The number of records that {@link #RECORDS} means on this machine. */
    int records() {
        final int asked = get(RECORDS);
        final double processors = containerLimits().processors();
        return asked != 0
                ? asked
                : (int) (RECORDS_A_PROCESSOR * Math.max(LEAST_PROCESSORS, Math.min(MOST_PROCESSORS, processors)));
    }

    SpanLimits limits() {
        return new SpanLimits(
                get(MAX_ATTRIBUTES),
                get(MAX_EVENTS),
                get(MAX_LINKS),
                get(MAX_DETAIL_ATTRIBUTES),
                get(MAX_VALUE_LENGTH));
    }

    /** The chosen clock; null until the settings are concluded. */
    public TickClock clock() {
        return clocks == null ? null : clocks.ticks();
    }

    Clocks clocks() {
        return clocks;
    }

    void fileNote(String note) {
        fileNote = note;
    }

    String fileNote() {
        return fileNote;
    }

    /** The reason why there are fewer records than by default. */
    void sizeNote(String note) {
        sizeNote = note;
    }

    String sizeNote() {
        return sizeNote;
    }

    /** Adds a warning, to be logged once at start-up and shown by {@link Tracer#describe}. */
    @Override
    public synchronized void warn(String warning) {
        warnings.add(warning);
    }

    /** Adds a warning about an invalid setting, which {@link #STRICT} turns into an error. */
    @Override
    public synchronized void problem(String problem) {
        warnings.add(problem);
        problems.add(problem);
    }

    /** @throws IllegalArgumentException if {@link #STRICT} is set and there are problems; it lists them */
    void enforce() {
        if (get(STRICT) && !problems.isEmpty()) {
            throw new IllegalArgumentException(
                    STRICT + " is set, and settings are invalid:\n  " + String.join("\n  ", problems));
        }
    }

    public synchronized List<String> warnings() {
        return List.copyOf(warnings);
    }

    void logWarnings(System.Logger log) {
        for (String warning : warnings()) {
            log.log(System.Logger.Level.WARNING, warning);
        }
    }
}
