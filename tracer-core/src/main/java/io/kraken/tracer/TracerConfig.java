package io.kraken.tracer;

import io.kraken.tracer.SettingSources.Found;
import io.kraken.tracer.sampling.Sampler;
import io.kraken.tracer.sampling.SamplingRule;
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
 * The settings of a tracer and of whatever is attached to it. A value is looked for, in this order: in code ({@link
 * #with}); in the system property; in our own environment variable, which is made from the property's name; in
 * OpenTelemetry's variables for the same thing; in the YAML file that {@link #CONFIG} names; else it is the default.
 * What is empty counts as not set. A value that is wrong is replaced by the default with a warning, never an exception:
 * the program starts in any case, unless {@link #STRICT} says otherwise.
 *
 * <p>The file's settings stand below the key {@code tracing}, together with any other setting by its property's name
 * below {@code tracing: settings}; {@link YamlSettings} has the list.
 */
public final class TracerConfig {

    public static final String AUTO = "auto";
    public static final String NO_FILE = "none";
    public static final String RECORD_ALL = "all";
    public static final String RECORD_SAMPLED = "sampled";
    public static final String RECORD_NONE = "none";

    public static final Setting<Boolean> ENABLED = Setting.ofBoolean("kraken.tracer.enabled", true);
    public static final Setting<String> SERVICE_NAME =
            Setting.ofText("kraken.tracer.service.name", "", "OTEL_SERVICE_NAME");
    /** {@code key=value,...}, values percent-encoded. */
    public static final Setting<String> RESOURCE_ATTRIBUTES =
            Setting.ofText("kraken.tracer.resource.attributes", "", "OTEL_RESOURCE_ATTRIBUTES");
    /** Bytes of a record. */
    public static final Setting<Integer> RECORD_LENGTH =
            Setting.ofPowerOfTwo("kraken.tracer.record.length", 256, 128, 4096);
    /**
     * Spans that are open, or have ended and wait for the exporter, together; made a multiple of 64. 0: 24,576 for each
     * processor that the process may use, of 2 to 16. So on two processors the exporter may be away for half a second
     * at 100,000 spans a second, for a second at 50,000, and so on; and the span file has 14 MB. Fewer where it would
     * be more than a sixteenth of the container's memory or an eighth of the file system it is in.
     */
    public static final Setting<Integer> RECORDS =
            Setting.ofInt("kraken.tracer.records", 0, 0, 8 * 1024 * 1024, "OTEL_BSP_MAX_QUEUE_SIZE");
    /** Open spans older than this are taken back when records become scarce, and exported as abandoned. */
    public static final Setting<Duration> ABANDON_AFTER = Setting.ofDuration(
            "kraken.tracer.abandon.after", Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofDays(365));
    /** How long a span that starts while no record is free may wait for one; 0 drops it at once. */
    public static final Setting<Integer> FULL_WAIT_MICROS =
            Setting.ofInt("kraken.tracer.full.wait.micros", 0, 0, 1_000_000);
    /**
     * A directory, or {@code auto}: below /dev/shm where there is one, or {@code none}: memory that nobody else can
     * read.
     */
    public static final Setting<String> FILE = Setting.ofText("kraken.tracer.file", AUTO);
    /**
     * What the span file may be, or the memory that stands for it; 0 is no bound. There are as many records as fit.
     */
    public static final Setting<Integer> MEMORY_MEGABYTES =
            Setting.ofInt("kraken.tracer.memory.megabytes", 0, 0, 1 << 20);
    /** Files of processes that have died, kept for whoever recovers them. */
    public static final Setting<Integer> FILES_KEPT = Setting.ofInt("kraken.tracer.files.kept", 4, 0, 10_000);

    public static final Setting<String> CLOCK =
            Setting.ofChoice("kraken.tracer.clock", AUTO, List.of(AUTO, "tsc", "nanotime"));
    /** Whether the tracer is closed when the JVM shuts down. */
    public static final Setting<Boolean> SHUTDOWN_HOOK = Setting.ofBoolean("kraken.tracer.shutdown.hook", true);
    /**
     * How long it goes on recording then while the program's own hooks run. Closing may take three seconds more, so the
     * default fits into the ten seconds that containers have to stop.
     */
    public static final Setting<Duration> SHUTDOWN_GRACE = Setting.ofDuration(
            "kraken.tracer.shutdown.grace", Duration.ofSeconds(5), Duration.ZERO, Duration.ofDays(1));

    public static final Setting<Integer> MAX_ATTRIBUTES = Setting.ofInt(
            "kraken.tracer.limit.attributes",
            128,
            0,
            10_000,
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_ATTRIBUTE_COUNT_LIMIT");
    public static final Setting<Integer> MAX_EVENTS =
            Setting.ofInt("kraken.tracer.limit.events", 128, 0, 10_000, "OTEL_SPAN_EVENT_COUNT_LIMIT");
    public static final Setting<Integer> MAX_LINKS =
            Setting.ofInt("kraken.tracer.limit.links", 128, 0, 10_000, "OTEL_SPAN_LINK_COUNT_LIMIT");
    public static final Setting<Integer> MAX_DETAIL_ATTRIBUTES = Setting.ofInt(
            "kraken.tracer.limit.event.attributes",
            128,
            0,
            10_000,
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT");
    /** Characters of a string value. */
    public static final Setting<Integer> MAX_VALUE_LENGTH = Setting.ofInt(
            "kraken.tracer.limit.value.length",
            Integer.MAX_VALUE,
            0,
            Integer.MAX_VALUE,
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");

    /** Formats of the headers that contexts travel in. */
    public static final Setting<String> PROPAGATORS = Setting.ofChoices(
            "kraken.tracer.propagators",
            "tracecontext,baggage",
            Propagation.FORMATS,
            Propagation.NONE,
            "OTEL_PROPAGATORS");
    /** Keys of baggage whose values are recorded as well, as attributes {@code baggage.<key>} of each span. */
    public static final Setting<List<String>> BAGGAGE_ATTRIBUTES = Setting.ofList(
            "kraken.tracer.baggage.attributes", BaggageAttributes::parse, ",", "keys of baggage, such as tenant,tier");
    /** Open traces that carry trace state or baggage; of the process, for which its first tracer decides. */
    public static final Setting<Integer> CONTEXT_PLACES =
            Setting.ofInt("kraken.tracer.context.places", 4096, 16, (1 << 20) - 1);

    /**
     * What decides where no rule does, by its name in OpenTelemetry. The two of Jaeger stand for the initial rate in
     * {@link #SAMPLER_ARG} until the bridge, which is who asks Jaeger, sets others.
     */
    public static final Setting<String> SAMPLER = Setting.ofChoice(
            "kraken.tracer.sampler", "parentbased_always_on", BaseSampler.NAMES, "OTEL_TRACES_SAMPLER");
    /** The share of a ratio, or Jaeger's {@code endpoint=...,initialSamplingRate=0.25}. */
    public static final Setting<String> SAMPLER_ARG =
            Setting.ofText("kraken.tracer.sampler.arg", "", "OTEL_TRACES_SAMPLER_ARG");
    /**
     * Instead of the sampler above, in one number: the share of the traces that begin here, parents being followed. Not
     * a number unless set. Where both are set, the one that comes from the weightier place counts, this one in doubt.
     */
    public static final Setting<Double> SAMPLING_RATE = Setting.ofOptionalShare("kraken.tracer.sampling.rate");
    /** {@code path:/health=0;operation:scheduler.*=0.5}: the first that matches decides instead of the rate. */
    public static final Setting<List<SamplingRule>> SAMPLING_RULES = Setting.ofList(
            "kraken.tracer.sampling.rules",
            SamplingRule::parseAll,
            ";",
            "rules such as path:/health=0;operation:scheduler.*=0.5");
    /** Traces a second that rates and rules may sample; 0 is no limit. */
    public static final Setting<Double> SAMPLING_LIMIT =
            Setting.ofNumber("kraken.tracer.sampling.limit", 0, 0, 10_000_000);
    /** Traces a second of each operation that are sampled even if its rate gives fewer; 0 is none. */
    public static final Setting<Double> SAMPLING_LOWER_BOUND =
            Setting.ofNumber("kraken.tracer.sampling.lower.bound", 0, 0, 1_000_000);
    /** Rates fall under load and rise with errors. */
    public static final Setting<Boolean> SAMPLING_ADAPTIVE =
            Setting.ofBoolean("kraken.tracer.sampling.adaptive", false);
    /** What is recorded, for hindsight on the host: all spans, those of sampled traces only, or none. */
    public static final Setting<String> RECORD =
            Setting.ofChoice("kraken.tracer.record", RECORD_ALL, List.of(RECORD_ALL, RECORD_SAMPLED, RECORD_NONE));

    /** Recording stops while the process is overloaded. */
    public static final Setting<Boolean> BREAKER_ENABLED = Setting.ofBoolean("kraken.tracer.breaker.enabled", true);
    /** The load from which on it is overloaded: share of the processors that it may use, or of the ring. */
    public static final Setting<Double> BREAKER_THRESHOLD =
            Setting.ofNumber("kraken.tracer.breaker.threshold", 0.9, 0.05, 1);
    /**
     * The load from which on only what is sampled is recorded, as a first step; at or above the threshold there is no
     * such step.
     */
    public static final Setting<Double> BREAKER_SAMPLED_THRESHOLD =
            Setting.ofNumber("kraken.tracer.breaker.sampled.threshold", 0.8, 0.05, 1);
    /** How long recording stays off before it is tried again. */
    public static final Setting<Duration> BREAKER_COOLDOWN = Setting.ofDuration(
            "kraken.tracer.breaker.cooldown", Duration.ofSeconds(30), Duration.ofMillis(100), Duration.ofHours(24));

    /** A YAML file; see there what is in it. */
    public static final Setting<String> CONFIG = Setting.ofText("kraken.tracer.config", "");
    /** {@link Tracer#create} throws, listing all that is wrong with the settings, instead of going on with defaults. */
    public static final Setting<Boolean> STRICT = Setting.ofBoolean("kraken.tracer.strict", false);

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

    /** Code only: properties and environment are not looked at. */
    public TracerConfig() {
        this(name -> null, name -> null);
    }

    TracerConfig(UnaryOperator<String> properties, UnaryOperator<String> environment) {
        sources = new SettingSources(properties, environment, this);
    }

    /** With all places where settings are looked for. */
    public static TracerConfig fromEnvironment() {
        return new TracerConfig(System::getProperty, System::getenv);
    }

    /** Sets a value in code, which weighs more than any other. */
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
     * A sampler of the program's own, in the place of all that the settings say of sampling; as long as nothing is said
     * from outside. It decides about parents as well, see {@link io.kraken.tracer.sampling.Samplers#parentBased}.
     */
    public synchronized TracerConfig sampler(Sampler own) {
        if (!concluded) {
            sampler = own;
        }
        return this;
    }

    /** Null when the settings decide. */
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

    /** Of this process, unless a test has set others. */
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

    /** Whether the first is set in a place that counts more than that of the second. */
    boolean isWeightier(Setting<?> first, Setting<?> second) {
        return !found(second).weighsAsMuchAs(found(first));
    }

    /** From here on nothing changes. Called by {@link Tracer#create}. */
    public synchronized TracerConfig conclude() {
        if (concluded) {
            return this;
        }
        concluded = true;
        get(PROPAGATORS); // a warning about it is to be there before warnings are logged
        if (clocks == null) {
            clocks = Clocks.of(TscClock.choose(get(CLOCK), this), TracerBootstrap::epochNs);
        }
        resource = ProcessResource.of(this);
        return this;
    }

    /** Looks at all settings there are, so that all that is wrong with them is known. */
    synchronized void check(List<Setting<?>> further) {
        known.addAll(further);
        final Set<String> names = new HashSet<>();
        for (Setting<?> setting : List.copyOf(known)) {
            found(setting);
            names.add(setting.property());
        }
        sources.file().refuseUnknown(names);
        baseSampler();
    }

    /** What {@link #SAMPLER}, {@link #SAMPLER_ARG} and {@link #SAMPLING_RATE} come to. */
    synchronized BaseSampler baseSampler() {
        if (baseSampler == null) {
            final Found<Double> rate = found(SAMPLING_RATE);
            baseSampler = !rate.value().isNaN() && rate.weighsAsMuchAs(found(SAMPLER))
                    ? new BaseSampler(rate.value(), true, true)
                    : BaseSampler.of(get(SAMPLER), get(SAMPLER_ARG), this);
        }
        return baseSampler;
    }

    /** Every setting with its value and where that comes from, one a line; secrets are not shown. */
    public synchronized String describe() {
        final StringBuilder text = new StringBuilder(4096);
        for (Setting<?> setting : List.copyOf(known)) {
            describe(setting, text);
        }
        return text.toString();
    }

    private <T> void describe(Setting<T> setting, StringBuilder text) {
        final Found<T> value = found(setting);
        text.append(setting).append(" = ").append(setting.show(value.value()));
        text.append("  (").append(value.where()).append(")\n");
    }

    /** What describes this process, for every span of it. */
    public Map<String, String> resource() {
        return Collections.unmodifiableMap(resource);
    }

    public String serviceName() {
        return resource.getOrDefault("service.name", "");
    }

    /** What {@link #RECORDS} comes to on this machine. */
    int records() {
        final int asked = get(RECORDS);
        final double processors = containerLimits().processors();
        return asked != 0
                ? asked
                : (int) (RECORDS_A_PROCESSOR * Math.max(LEAST_PROCESSORS, Math.min(MOST_PROCESSORS, processors)));
    }

    Recorder.Limits limits() {
        return new Recorder.Limits(
                get(MAX_ATTRIBUTES),
                get(MAX_EVENTS),
                get(MAX_LINKS),
                get(MAX_DETAIL_ATTRIBUTES),
                get(MAX_VALUE_LENGTH));
    }

    /** The clock that was chosen; there once the settings are concluded. */
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

    /** Why there are fewer records than by default. */
    void sizeNote(String note) {
        sizeNote = note;
    }

    String sizeNote() {
        return sizeNote;
    }

    /** Adds to what is logged once at the start and shown by {@link Tracer#describe}. */
    public synchronized void warn(String warning) {
        warnings.add(warning);
    }

    /** A warning about a setting that is not as it should be, which {@link #STRICT} does not let pass. */
    public synchronized void problem(String problem) {
        warnings.add(problem);
        problems.add(problem);
    }

    /** @throws IllegalArgumentException when the operator asked for strictness and there are problems; it lists them */
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
