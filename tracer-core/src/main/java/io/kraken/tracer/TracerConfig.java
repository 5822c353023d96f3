package io.kraken.tracer;

import io.kraken.tracer.sampling.SamplingRule;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The settings of a tracer and of whatever is attached to it. What is not set here is looked up when the tracer is
 * created; a value that is wrong is replaced by the default with a warning, never an exception: the program starts in
 * any case.
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
    /** Spans open at a time. */
    public static final Setting<Integer> STAGING_RECORDS =
            Setting.ofPowerOfTwo("kraken.tracer.staging.records", 32 * 1024, 64, 4 * 1024 * 1024);
    /** 0: at least twice the processors and no fewer than 8. */
    public static final Setting<Integer> LANES = Setting.ofInt("kraken.tracer.lanes", 0, 0, 1024);
    /** Slots of all lanes together; made a power of two, and no fewer than 128 a lane. */
    public static final Setting<Integer> LANE_RECORDS =
            Setting.ofInt("kraken.tracer.lane.records", 128 * 1024, 1, 8 * 1024 * 1024, "OTEL_BSP_MAX_QUEUE_SIZE");
    /** How long a span that ends while all lanes are full may wait; 0 drops it at once. */
    public static final Setting<Integer> FULL_WAIT_MICROS =
            Setting.ofInt("kraken.tracer.full.wait.micros", 0, 0, 1_000_000);
    /**
     * A directory, or {@code auto}: below /dev/shm where there is one, or {@code none}: memory that nobody else can
     * read.
     */
    public static final Setting<String> FILE = Setting.ofText("kraken.tracer.file", AUTO);
    /**
     * What the span file may be, or the memory that stands for it; 0 is no bound. Staging and lane records are halved
     * in turn until it fits.
     */
    public static final Setting<Integer> MEMORY_MEGABYTES =
            Setting.ofInt("kraken.tracer.memory.megabytes", 0, 0, 1 << 20);
    /** Files of processes that have died, kept for whoever recovers them. */
    public static final Setting<Integer> FILES_KEPT = Setting.ofInt("kraken.tracer.files.kept", 4, 0, 10_000);

    public static final Setting<String> CLOCK =
            Setting.ofChoice("kraken.tracer.clock", AUTO, List.of(AUTO, "tsc", "nanotime"));
    public static final Setting<Boolean> SHUTDOWN_HOOK = Setting.ofBoolean("kraken.tracer.shutdown.hook", true);

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
            List.of("tracecontext", "baggage", "b3", "b3multi", "jaeger"),
            Propagation.NONE,
            "OTEL_PROPAGATORS");
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
    /** The load from which on it is overloaded: share of the processors, or of the ring. */
    public static final Setting<Double> BREAKER_THRESHOLD =
            Setting.ofNumber("kraken.tracer.breaker.threshold", 0.9, 0.05, 1);
    /** How long recording stays off before it is tried again. */
    public static final Setting<Duration> BREAKER_COOLDOWN = Setting.ofDuration(
            "kraken.tracer.breaker.cooldown", Duration.ofSeconds(30), Duration.ofMillis(100), Duration.ofHours(24));

    /** A YAML file; see there what is in it. */
    public static final Setting<String> CONFIG = Setting.ofText("kraken.tracer.config", "");
    /** {@link Tracer#create} throws, listing all that is wrong with the settings, instead of going on with defaults. */
    public static final Setting<Boolean> STRICT = Setting.ofBoolean("kraken.tracer.strict", false);

    private static final String UNKNOWN_SERVICE = "unknown_service:java";
    private static final String OTEL_SDK_DISABLED = "OTEL_SDK_DISABLED";
    private static final int LEAST_LANES = 8;
    private static final int LEAST_LANE_SLOTS = 128;

    private final UnaryOperator<String> properties;
    private final UnaryOperator<String> environment;
    private final Map<Setting<?>, Object> explicit = new HashMap<>();
    private final Map<Setting<?>, Object> found = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();
    private final Map<String, String> resource = new LinkedHashMap<>();
    private boolean concluded;
    private TickClock clock;
    private LongSupplier epochClock = TracerStart::epochNs;
    private String fileNote = "";

    /** Code only: properties and environment are not looked at. */
    public TracerConfig() {
        this(name -> null, name -> null);
    }

    TracerConfig(UnaryOperator<String> properties, UnaryOperator<String> environment) {
        this.properties = properties;
        this.environment = environment;
    }

    /** System properties, then the environment, then defaults, for all that is not set in code. */
    public static TracerConfig fromEnvironment() {
        return new TracerConfig(System::getProperty, System::getenv);
    }

    /** Sets a value in code, which weighs more than any other. */
    public synchronized <T> TracerConfig with(Setting<T> setting, T value) {
        if (!concluded) {
            explicit.put(setting, value);
            found.remove(setting);
        }
        return this;
    }

    public TracerConfig serviceName(String name) {
        return with(SERVICE_NAME, name);
    }

    TracerConfig clock(TickClock ticks, LongSupplier epochNs) {
        clock = ticks;
        epochClock = epochNs;
        return this;
    }

    /** The value in force. */
    @SuppressWarnings("unchecked") // values are put in under the setting of their type
    public synchronized <T> T get(Setting<T> setting) {
        return (T) found.computeIfAbsent(setting, this::find);
    }

    private <T> T find(Setting<T> setting) {
        if (explicit.containsKey(setting)) {
            @SuppressWarnings("unchecked")
            final T value = (T) explicit.get(setting);
            if (setting.isValid(value)) {
                return value;
            }
            return refuse(setting, setting.property(), String.valueOf(value));
        }
        String name = setting.property();
        String text = properties.apply(name);
        for (int i = -1; isBlank(text) && i < setting.aliases().size(); i++) {
            name = i < 0 ? setting.environmentVariable() : setting.aliases().get(i);
            text = environment.apply(name);
        }
        if (isBlank(text)) {
            return setting.byDefault();
        }
        try {
            return setting.parse(text);
        } catch (IllegalArgumentException e) {
            return refuse(setting, name, text);
        }
    }

    private <T> T refuse(Setting<T> setting, String name, String value) {
        warn(name + " is '" + value + "' and should be " + setting.range() + "; " + setting.show(setting.byDefault())
                + " is used");
        return setting.byDefault();
    }

    /** From here on nothing changes. Called by {@link Tracer#create}. */
    public synchronized TracerConfig conclude() {
        if (concluded) {
            return this;
        }
        if (isDisabledForOpenTelemetry()) {
            with(ENABLED, false);
        }
        concluded = true;
        get(PROPAGATORS); // a warning about it is to be there before warnings are logged
        if (clock == null) {
            clock = TscClock.choose(get(CLOCK), this);
        }
        fillResource();
        return this;
    }

    /** Says the opposite of our own setting, which weighs more where there is one. */
    private boolean isDisabledForOpenTelemetry() {
        final String disabled = environment.apply(OTEL_SDK_DISABLED);
        if (disabled == null || disabled.isBlank() || disabled.strip().equalsIgnoreCase("false")) {
            return false;
        }
        if (!disabled.strip().equalsIgnoreCase("true")) {
            warn(OTEL_SDK_DISABLED + " is '" + disabled + "' and should be true or false; false is used");
            return false;
        }
        return !explicit.containsKey(ENABLED)
                && isBlank(properties.apply(ENABLED.property()))
                && isBlank(environment.apply(ENABLED.environmentVariable()));
    }

    private static boolean isBlank(String text) {
        return text == null || text.isBlank();
    }

    private void fillResource() {
        resource.put("service.name", UNKNOWN_SERVICE);
        resource.put("host.name", hostName());
        resource.put("process.pid", Long.toString(ProcessHandle.current().pid()));
        resource.put("process.runtime.version", Runtime.version().toString());
        for (String pair : get(RESOURCE_ATTRIBUTES).split(",")) {
            final int at = pair.indexOf('=');
            if (at > 0) {
                putResource(
                        pair.substring(0, at).strip(), pair.substring(at + 1).strip());
            } else if (!pair.isBlank()) {
                warn(RESOURCE_ATTRIBUTES + " has '" + pair + "', which is no key=value, and is left out");
            }
        }
        if (!isBlank(get(SERVICE_NAME))) {
            resource.put("service.name", get(SERVICE_NAME).strip());
        } else if (isBlank(resource.get("service.name"))) {
            resource.put("service.name", UNKNOWN_SERVICE);
        }
        final String version = Tracer.class.getPackage().getImplementationVersion();
        resource.put("telemetry.sdk.name", "kraken-tracer");
        resource.put("telemetry.sdk.language", "java");
        resource.put("telemetry.sdk.version", version == null ? "development" : version);
    }

    private void putResource(String key, String value) {
        try {
            resource.put(key, URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            warn(RESOURCE_ATTRIBUTES + " has a value for '" + key
                    + "' that is not percent-encoded; it is taken as it is");
            resource.put(key, value);
        }
    }

    private static String hostName() {
        final String given = System.getenv("HOSTNAME");
        if (given != null && !given.isBlank()) {
            return given;
        }
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (java.io.IOException | RuntimeException e) {
            return "localhost";
        }
    }

    /** What describes this process, for every span of it. */
    public Map<String, String> resource() {
        return Collections.unmodifiableMap(resource);
    }

    public String serviceName() {
        return resource.getOrDefault("service.name", "");
    }

    int lanes() {
        final int asked = get(LANES);
        final int least = asked > 0
                ? asked
                : Math.max(LEAST_LANES, 2 * Runtime.getRuntime().availableProcessors());
        return powerOfTwo(least);
    }

    int laneSlots() {
        return Math.max(LEAST_LANE_SLOTS, powerOfTwo(get(LANE_RECORDS)) / lanes());
    }

    private static int powerOfTwo(int least) {
        return Integer.highestOneBit(least) == least ? least : Integer.highestOneBit(least) * 2;
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
        return clock;
    }

    LongSupplier epochClock() {
        return epochClock;
    }

    void fileNote(String note) {
        fileNote = note;
    }

    String fileNote() {
        return fileNote;
    }

    /** Adds to what is logged once at the start and shown by {@link Tracer#describe}. */
    public synchronized void warn(String warning) {
        warnings.add(warning);
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
