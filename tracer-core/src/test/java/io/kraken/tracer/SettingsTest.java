package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.sampling.SamplingRule;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings in combination, and in a tracer; {@link EverySettingTest} tests them one by one. */
class SettingsTest {

    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    private TracerConfig config() {
        return new TracerConfig(properties::get, environment::get);
    }

    @Test
    void refusesInvalidValuesSetInCode() {
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.RECORD_LENGTH, 300)
                .with(TracerConfig.MAX_EVENTS, -1)
                .with(TracerConfig.CLOCK, "sundial")
                .with(TracerConfig.SAMPLING_RULES, Arrays.asList((SamplingRule) null));
        assertEquals(256, config.get(TracerConfig.RECORD_LENGTH));
        assertEquals(128, config.get(TracerConfig.MAX_EVENTS));
        assertEquals("auto", config.get(TracerConfig.CLOCK));
        assertEquals(List.of(), config.get(TracerConfig.SAMPLING_RULES));
        assertEquals(4, config.warnings().size());
        assertEquals(
                "kraken.tracer.record.length is '300' and should be a power of two from 128 to 4096; 256 is used",
                config.warnings().get(0));
    }

    @Test
    void readsOpenTelemetrysVariables() {
        final Map<String, Setting<?>> aliases = new HashMap<>();
        aliases.put("OTEL_SERVICE_NAME", TracerConfig.SERVICE_NAME);
        aliases.put("OTEL_RESOURCE_ATTRIBUTES", TracerConfig.RESOURCE_ATTRIBUTES);
        aliases.put("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", TracerConfig.MAX_ATTRIBUTES);
        aliases.put("OTEL_ATTRIBUTE_COUNT_LIMIT", TracerConfig.MAX_ATTRIBUTES);
        aliases.put("OTEL_SPAN_EVENT_COUNT_LIMIT", TracerConfig.MAX_EVENTS);
        aliases.put("OTEL_SPAN_LINK_COUNT_LIMIT", TracerConfig.MAX_LINKS);
        aliases.put("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", TracerConfig.MAX_DETAIL_ATTRIBUTES);
        aliases.put("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", TracerConfig.MAX_DETAIL_ATTRIBUTES);
        aliases.put("OTEL_BSP_MAX_QUEUE_SIZE", TracerConfig.RECORDS);
        aliases.put("OTEL_TRACES_SAMPLER_ARG", TracerConfig.SAMPLER_ARG);
        aliases.put("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", TracerConfig.MAX_VALUE_LENGTH);
        aliases.put("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", TracerConfig.MAX_VALUE_LENGTH);
        aliases.forEach((alias, setting) -> {
            environment.clear();
            environment.put(alias, "7");
            assertEquals("7", config().get(setting).toString(), alias);
        });
    }

    @Test
    void propagatorsAreAListWithoutDuplicates() {
        environment.put("OTEL_PROPAGATORS", " B3 , tracecontext,b3,baggage ");
        assertEquals("b3,tracecontext,baggage", config().get(TracerConfig.PROPAGATORS));
        environment.put("OTEL_PROPAGATORS", "tracecontext,xray");
        final TracerConfig config = config().conclude();
        assertEquals(
                List.of("OTEL_PROPAGATORS is 'tracecontext,xray' and should be some of tracecontext, baggage, b3,"
                        + " b3multi, jaeger, or none; tracecontext,baggage is used"),
                config.warnings());
    }

    @Test
    void codeOnlyIgnoresPropertiesAndEnvironment() {
        System.setProperty(TracerConfig.MAX_EVENTS.property(), "5");
        try {
            assertEquals(128, new TracerConfig().get(TracerConfig.MAX_EVENTS));
            assertEquals(5, TracerConfig.fromEnvironment().get(TracerConfig.MAX_EVENTS));
        } finally {
            System.clearProperty(TracerConfig.MAX_EVENTS.property());
        }
    }

    @Test
    void valueThatWasReadCanStillBeSet() {
        final TracerConfig config = config();
        assertEquals(128, config.get(TracerConfig.MAX_EVENTS));
        assertEquals(5, config.with(TracerConfig.MAX_EVENTS, 5).get(TracerConfig.MAX_EVENTS));
        environment.put("OTEL_SDK_DISABLED", "true");
        assertFalse(config.conclude().get(TracerConfig.ENABLED));
    }

    @ParameterizedTest
    @CsvSource({"true, false, 0", "TRUE, false, 0", "false, true, 0", "'', true, 0", "1, true, 1"})
    void openTelemetrysSwitchDisablesTheTracer(String value, boolean enabled, int warnings) {
        environment.put("OTEL_SDK_DISABLED", value);
        final TracerConfig config = config().conclude();
        assertEquals(enabled, config.get(TracerConfig.ENABLED));
        assertEquals(warnings, config.warnings().size(), config.warnings()::toString);
    }

    @Test
    void ownSwitchTakesPrecedenceOverOpenTelemetrys() {
        environment.put("OTEL_SDK_DISABLED", "true");
        assertTrue(config().with(TracerConfig.ENABLED, true).conclude().get(TracerConfig.ENABLED));
        environment.put("KRAKEN_TRACER_ENABLED", "true");
        assertTrue(config().conclude().get(TracerConfig.ENABLED));
        environment.remove("KRAKEN_TRACER_ENABLED");
        properties.put("kraken.tracer.enabled", "true");
        assertTrue(config().conclude().get(TracerConfig.ENABLED));
    }

    @Test
    void disabledTracerDoesNothingAndTellsWhy() {
        environment.put("OTEL_SDK_DISABLED", "true");
        final CapturingSink sink = new CapturingSink();
        final Tracer tracer = Tracer.create(config(), sink);
        assertFalse(tracer.isEnabled());
        assertEquals("tracer: off (switched off by kraken.tracer.enabled)\n", tracer.describe());
        tracer.start(SpanName.of("span")).end();
        assertEquals(List.of(), sink.published());
        assertEquals(0, tracer.ledger().started());
    }

    @Test
    void resourceDescribesTheProcess() {
        environment.put("OTEL_RESOURCE_ATTRIBUTES", " a = 1 ,b=x%20y%2C+z,novalue,=nokey,,c=%zz,d=,process.pid=0");
        final TracerConfig config = config().conclude();
        final Map<String, String> resource = config.resource();
        assertEquals("1", resource.get("a"));
        assertEquals("x y,+z", resource.get("b"));
        assertEquals("%zz", resource.get("c"));
        assertEquals("", resource.get("d"));
        assertEquals("unknown_service:java", resource.get("service.name"));
        assertEquals("kraken-tracer", resource.get("telemetry.sdk.name"));
        assertEquals("java", resource.get("telemetry.sdk.language"));
        assertFalse(resource.get("telemetry.sdk.version").isBlank());
        assertFalse(resource.get("host.name").isBlank());
        assertEquals("0", resource.get("process.pid"), "the operator's setting counts");
        assertEquals(
                List.of(
                        "kraken.tracer.resource.attributes has 'novalue', which is not key=value; it is ignored",
                        "kraken.tracer.resource.attributes has '=nokey', which is not key=value; it is ignored",
                        "kraken.tracer.resource.attributes has a value for 'c' that is not percent-encoded; it is"
                                + " taken as it is"),
                config.warnings());
    }

    @Test
    void serviceNameSettingPrecedesTheResourceAttribute() {
        assertEquals("unknown_service:java", config().conclude().serviceName());
        environment.put("OTEL_RESOURCE_ATTRIBUTES", "service.name= ");
        assertEquals("unknown_service:java", config().conclude().serviceName());
        environment.put("OTEL_RESOURCE_ATTRIBUTES", "service.name=from+resource");
        assertEquals("from+resource", config().conclude().serviceName());
        environment.put("OTEL_SERVICE_NAME", " otel ");
        assertEquals("otel", config().conclude().serviceName());
        environment.put("KRAKEN_TRACER_SERVICE_NAME", "kraken");
        assertEquals("kraken", config().conclude().serviceName());
        properties.put("kraken.tracer.service.name", "property");
        assertEquals("property", config().conclude().serviceName());
        assertEquals("code", config().serviceName("code").conclude().serviceName());
    }

    @Test
    void recordsFollowTheProcessorsUnlessSet() {
        assertEquals(5, new TracerConfig().with(TracerConfig.RECORDS, 5).records());
        final int processors = Runtime.getRuntime().availableProcessors();
        assertEquals(24 * 1024 * Math.min(16, Math.max(2, processors)), new TracerConfig().records());
    }

    @Test
    void secretsAreMasked() {
        final Setting<String> headers = Setting.of("kraken.tracer.test.headers", SettingType.SECRETS, "");
        final Setting<String> address =
                Setting.of("kraken.tracer.test.address", SettingType.ADDRESS, "http://localhost");
        assertEquals("a=***,***,b=***", headers.show("a=open,sesame, b = open%3Dsesame="));
        assertEquals("", headers.show(headers.byDefault()));
        assertEquals("http://***@host:4318/path?***", address.show("http://me:open@sesame@host:4318/path?key=open"));
        final TracerConfig config = config().with(headers, "a=open").with(address, "https://open@host");
        config.get(headers);
        config.check(List.of(address));
        assertTrue(config.describe().contains("kraken.tracer.test.headers = a=***  (code)\n"), config::describe);
        assertFalse(config.describe().contains("open"), config::describe);
    }

    @Test
    void shownValuesAreOneLine() {
        properties.put("kraken.tracer.service.name", "a\nb\u202Ec" + "d".repeat(500));
        properties.put("kraken.tracer.clock", "x\r\nwarning: forged");
        final TracerConfig config = config();
        config.check(List.of());
        assertTrue(config.describe().contains("kraken.tracer.service.name = a?b?cddd"), config::describe);
        assertEquals(
                config.describe().lines().count(),
                Setting.declaredIn(TracerConfig.class).size());
        assertTrue(config.warnings().get(0).startsWith("kraken.tracer.clock is 'x??warning: forged' and should be"));
    }

    @Test
    void firstTracerOfTheProcessSetsTheNumberOfContextPlaces() {
        assertEquals("""
                64 []
                64 [kraken.tracer.context.places is 128, but the pool exists already, with 64 places]
                64 []
                """, Child.run(List.of(), List.of(), "places", "64", "128", "64"));
    }

    @Test
    void strictModeThrowsAndListsAllProblems() {
        properties.put("kraken.tracer.strict", "true");
        properties.put("kraken.tracer.record.length", "9");
        environment.put("OTEL_TRACES_SAMPLER", "traceidratio");
        environment.put("OTEL_TRACES_SAMPLER_ARG", "7");
        environment.put("OTEL_RESOURCE_ATTRIBUTES", "novalue");
        final TracerConfig config = config().with(TracerConfig.FILE, TracerConfig.NO_FILE);
        final CapturingSink sink = new CapturingSink();
        final IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> Tracer.create(config, sink));
        assertEquals("""
                kraken.tracer.strict is set, and settings are invalid:
                  kraken.tracer.resource.attributes has 'novalue', which is not key=value; it is ignored
                  kraken.tracer.record.length is '9' and should be a power of two from 128 to 4096; 256 is used
                  kraken.tracer.sampler.arg is '7' and should be a decimal number from 0 to 1; 1 is used\
                """, refusal.getMessage());
        assertTrue(sink.calls().stream().anyMatch(call -> call.startsWith("close")), "everything is closed");
        properties.remove("kraken.tracer.strict");
        Tracer.create(config().with(TracerConfig.FILE, TracerConfig.NO_FILE), sink)
                .close();
    }

    @Test
    void strictModeAcceptsValidSettings() {
        properties.put("kraken.tracer.strict", "true");
        environment.put("OTEL_TRACES_SAMPLER", "jaeger_remote");
        final TracerConfig config = config().with(TracerConfig.FILE, TracerConfig.NO_FILE);
        try (Tracer tracer = Tracer.create(config, new CapturingSink())) {
            assertTrue(tracer.isEnabled());
            assertEquals(1, config.warnings().size(), "a warning is no problem");
        }
        properties.put("kraken.tracer.enabled", "false");
        assertFalse(Tracer.create(config(), new CapturingSink()).isEnabled());
    }

    @Test
    void settingsOfTheSinkAreChecked() {
        final Setting<Integer> further = Setting.of("kraken.tracer.test.further", SettingType.wholeNumber(1, 9), 1);
        properties.put(further.property(), "10");
        final CapturingSink sink = new CapturingSink();
        final RecordSinkProvider provider = new RecordSinkProvider() {
            @Override
            public RecordSink open(SpanFile file, TracerConfig config, Housekeeping housekeeping) {
                return sink.open(file, config, housekeeping);
            }

            @Override
            public List<Setting<?>> settings() {
                return List.of(further);
            }
        };
        final TracerConfig config = config().with(TracerConfig.FILE, TracerConfig.NO_FILE);
        Tracer.create(config, provider).close();
        assertEquals(1, config.warnings().size());
        assertTrue(config.describe()
                .contains("kraken.tracer.test.further = 1  (default; the value of the system property"));
    }

    @Test
    void logsWarningsOnceAndDescribesThem() {
        properties.put("kraken.tracer.record.length", "9");
        properties.put("kraken.tracer.limit.links", "none");
        final TracerConfig config = config().with(TracerConfig.FILE, TracerConfig.NO_FILE);
        final List<String> logged = TracerFixture.logOf(() -> {
            try (Tracer tracer = Tracer.create(config, new CapturingSink())) {
                for (String warning : config.warnings()) {
                    assertTrue(tracer.describe().contains("warning: " + warning + '\n'), tracer::describe);
                }
            }
        });
        final String expected = """
                WARNING kraken.tracer.record.length is '9' and should be a power of two from 128 to 4096; 256 is used
                WARNING kraken.tracer.limit.links is 'none' and should be a number from 0 to 10000; 128 is used""";
        assertEquals(expected, String.join("\n", logged));
    }
}
