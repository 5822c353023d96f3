package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every setting: its default, the property, the environment, code, and a value out of range. */
class SettingsTest {

    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    private TracerConfig config() {
        return new TracerConfig(properties::get, environment::get);
    }

    static List<Setting<?>> settings() throws IllegalAccessException {
        final List<Setting<?>> settings = new ArrayList<>();
        for (Field field : TracerConfig.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == Setting.class) {
                settings.add((Setting<?>) field.get(null));
            }
        }
        return settings;
    }

    /**
     * A setting with texts for two good values that are not the default, and for some bad ones, by what it says itself.
     */
    private static final class Sample<T> {
        final Setting<T> setting;
        final List<String> good;
        final List<String> bad;

        Sample(Setting<T> setting) {
            this.setting = setting;
            final Matcher range = Pattern.compile("(a number|a power of two) from (\\d+) to (\\d+)")
                    .matcher(setting.range());
            if (range.matches()) {
                final long least = Long.parseLong(range.group(2));
                final long most = Long.parseLong(range.group(3));
                good = List.of(Long.toString(other(most, least)), Long.toString(other(least, most)));
                bad = new ArrayList<>(List.of("99999999999999999999", "many", "1.5", "0x10"));
                bad.addAll(List.of(Long.toString(least - 1), Long.toString(most + 1)));
                if (range.group(1).contains("power")) {
                    bad.add(Long.toString(least + 1));
                }
            } else if (setting.range().equals("true or false")) {
                good = List.of(setting.byDefault().equals(true) ? "FALSE" : "True", "true");
                bad = List.of("yes", "1", "truefalse");
            } else if (setting.range().startsWith("one of ")) {
                final String[] choices = setting.range().substring(7).split(", ");
                good = List.of(choices[1].toUpperCase(Locale.ROOT), choices[2]);
                bad = List.of("something else", choices[0] + choices[1]);
            } else if (setting.range().startsWith("some of ")) {
                final String[] choices = setting.range().substring(8).split(", (or )?");
                good = List.of(choices[2] + " ,\t" + choices[0].toUpperCase(Locale.ROOT), choices[choices.length - 1]);
                bad = List.of("something else", choices[0] + ",,", choices[0] + ',' + choices[choices.length - 1]);
            } else {
                assertEquals("text", setting.range());
                good = List.of("some text", "other text");
                bad = List.of();
            }
        }

        private long other(long value, long instead) {
            return setting.byDefault().equals((int) value) ? instead : value;
        }
    }

    @Test
    void allSettingsAreFound() throws IllegalAccessException {
        assertTrue(settings().size() >= 17, settings()::toString);
        assertEquals(
                settings().size(),
                settings().stream().map(Setting::property).distinct().count());
        assertTrue(settings().stream().allMatch(setting -> setting.property().startsWith("kraken.tracer.")));
    }

    @ParameterizedTest
    @MethodSource("settings")
    <T> void anUnsetSettingHasItsDefault(Setting<T> setting) {
        assertEquals(setting.byDefault(), config().get(setting));
        properties.put(setting.property(), "  ");
        for (String name : variables(setting)) {
            environment.put(name, "");
        }
        final TracerConfig blank = config();
        assertEquals(setting.byDefault(), blank.get(setting), "empty equals unset");
        assertEquals(List.of(), blank.warnings());
    }

    private static List<String> variables(Setting<?> setting) {
        final List<String> names = new ArrayList<>(List.of(setting.environmentVariable()));
        names.addAll(setting.aliases());
        return names;
    }

    @ParameterizedTest
    @MethodSource("settings")
    <T> void thePropertyCounts(Setting<T> setting) {
        final Sample<T> sample = new Sample<>(setting);
        for (String text : sample.good) {
            properties.put(setting.property(), " " + text + " ");
            final TracerConfig config = config();
            assertEquals(setting.parse(text), config.get(setting));
            assertEquals(List.of(), config.warnings());
        }
        properties.put(setting.property(), sample.good.get(0));
        assertNotEquals(setting.byDefault(), config().get(setting));
    }

    @ParameterizedTest
    @MethodSource("settings")
    <T> void soDoesTheEnvironmentInItsOrder(Setting<T> setting) {
        final Sample<T> sample = new Sample<>(setting);
        final List<String> names = variables(setting);
        assertEquals(setting.property().toUpperCase(Locale.ROOT).replace('.', '_'), names.get(0));
        for (int i = names.size() - 1; i >= 0; i--) {
            environment.replaceAll((name, value) -> sample.good.get(1));
            environment.put(names.get(i), sample.good.get(0));
            assertEquals(setting.parse(sample.good.get(0)), config().get(setting), names.get(i));
        }
        properties.put(setting.property(), sample.good.get(1));
        assertEquals(setting.parse(sample.good.get(1)), config().get(setting), "a property weighs more");
    }

    @ParameterizedTest
    @MethodSource("settings")
    <T> void whatTheProgramSetsWeighsMost(Setting<T> setting) {
        final Sample<T> sample = new Sample<>(setting);
        properties.put(setting.property(), sample.good.get(1));
        environment.put(setting.environmentVariable(), sample.good.get(1));
        final T value = setting.parse(sample.good.get(0));
        final TracerConfig config = config().with(setting, value);
        assertEquals(value, config.conclude().get(setting));
        config.with(setting, setting.byDefault());
        assertEquals(value, config.get(setting), "nothing changes any more");
    }

    @ParameterizedTest
    @MethodSource("settings")
    <T> void aBadValueIsTheDefaultAndAWarning(Setting<T> setting) {
        final Sample<T> sample = new Sample<>(setting);
        for (String text : sample.bad) {
            properties.put(setting.property(), text);
            assertRefused(config(), setting, setting.property(), text);
            properties.clear();
            for (String name : variables(setting)) {
                environment.put(name, text);
                assertRefused(config(), setting, name, text);
                environment.clear();
            }
        }
        assertRefused(config().with(setting, null), setting, setting.property(), "null");
    }

    private static <T> void assertRefused(TracerConfig config, Setting<T> setting, String name, String value) {
        assertEquals(setting.byDefault(), config.get(setting));
        assertEquals(setting.byDefault(), config.get(setting), "and asked twice, warns once");
        assertEquals(
                List.of(name + " is '" + value + "' and should be " + setting.range() + "; " + setting.byDefault()
                        + " is used"),
                config.warnings());
    }

    @Test
    void badValuesSetInCodeAreRefusedToo() {
        final TracerConfig config = new TracerConfig()
                .with(TracerConfig.RECORD_LENGTH, 300)
                .with(TracerConfig.MAX_EVENTS, -1)
                .with(TracerConfig.CLOCK, "sundial");
        assertEquals(256, config.get(TracerConfig.RECORD_LENGTH));
        assertEquals(128, config.get(TracerConfig.MAX_EVENTS));
        assertEquals("auto", config.get(TracerConfig.CLOCK));
        assertEquals(3, config.warnings().size());
        assertEquals(
                "kraken.tracer.record.length is '300' and should be a power of two from 128 to 4096; 256 is used",
                config.warnings().get(0));
    }

    @Test
    void openTelemetrysNamesAreKnown() {
        final Map<String, Setting<?>> aliases = new HashMap<>();
        aliases.put("OTEL_SERVICE_NAME", TracerConfig.SERVICE_NAME);
        aliases.put("OTEL_RESOURCE_ATTRIBUTES", TracerConfig.RESOURCE_ATTRIBUTES);
        aliases.put("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", TracerConfig.MAX_ATTRIBUTES);
        aliases.put("OTEL_ATTRIBUTE_COUNT_LIMIT", TracerConfig.MAX_ATTRIBUTES);
        aliases.put("OTEL_SPAN_EVENT_COUNT_LIMIT", TracerConfig.MAX_EVENTS);
        aliases.put("OTEL_SPAN_LINK_COUNT_LIMIT", TracerConfig.MAX_LINKS);
        aliases.put("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", TracerConfig.MAX_DETAIL_ATTRIBUTES);
        aliases.put("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", TracerConfig.MAX_VALUE_LENGTH);
        aliases.put("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", TracerConfig.MAX_VALUE_LENGTH);
        aliases.forEach((alias, setting) -> {
            environment.clear();
            environment.put(alias, "7");
            assertEquals("7", config().get(setting).toString(), alias);
        });
    }

    @Test
    void propagatorsAreAListInWhichEachStandsOnce() {
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
    void codeOnlyMeansCodeOnly() {
        System.setProperty(TracerConfig.MAX_EVENTS.property(), "5");
        try {
            assertEquals(128, new TracerConfig().get(TracerConfig.MAX_EVENTS));
            assertEquals(5, TracerConfig.fromEnvironment().get(TracerConfig.MAX_EVENTS));
        } finally {
            System.clearProperty(TracerConfig.MAX_EVENTS.property());
        }
    }

    @Test
    void whatHasBeenAskedForCanStillBeSet() {
        final TracerConfig config = config();
        assertEquals(128, config.get(TracerConfig.MAX_EVENTS));
        assertEquals(5, config.with(TracerConfig.MAX_EVENTS, 5).get(TracerConfig.MAX_EVENTS));
        environment.put("OTEL_SDK_DISABLED", "true");
        assertTrue(config.get(TracerConfig.ENABLED), "not yet looked at");
        assertFalse(config.conclude().get(TracerConfig.ENABLED));
    }

    @ParameterizedTest
    @CsvSource({"true, false, 0", "TRUE, false, 0", "false, true, 0", "'', true, 0", "1, true, 1"})
    void openTelemetrysSwitchTurnsTheTracerOff(String value, boolean enabled, int warnings) {
        environment.put("OTEL_SDK_DISABLED", value);
        final TracerConfig config = config().conclude();
        assertEquals(enabled, config.get(TracerConfig.ENABLED));
        assertEquals(warnings, config.warnings().size(), config.warnings()::toString);
    }

    @Test
    void ourOwnSwitchWeighsMoreThanOpenTelemetrys() {
        environment.put("OTEL_SDK_DISABLED", "true");
        assertTrue(config().with(TracerConfig.ENABLED, true).conclude().get(TracerConfig.ENABLED));
        environment.put("KRAKEN_TRACER_ENABLED", "true");
        assertTrue(config().conclude().get(TracerConfig.ENABLED));
        environment.remove("KRAKEN_TRACER_ENABLED");
        properties.put("kraken.tracer.enabled", "true");
        assertTrue(config().conclude().get(TracerConfig.ENABLED));
    }

    @Test
    void aTracerThatIsSwitchedOffDoesNothingAndSaysWhy() {
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
    void theResourceDescribesTheProcess() {
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
        assertEquals("0", resource.get("process.pid"), "the operator knows better");
        assertEquals(
                List.of(
                        "kraken.tracer.resource.attributes has 'novalue', which is no key=value, and is left out",
                        "kraken.tracer.resource.attributes has '=nokey', which is no key=value, and is left out",
                        "kraken.tracer.resource.attributes has a value for 'c' that is not percent-encoded; it is"
                                + " taken as it is"),
                config.warnings());
    }

    @Test
    void theServiceNameIsThatOfTheSettingBeforeThatOfTheResource() {
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
    void lanesAreAPowerOfTwoAndTheirSlotsEnough() {
        assertEquals(8, new TracerConfig().with(TracerConfig.LANES, 5).lanes());
        assertEquals(1024, new TracerConfig().with(TracerConfig.LANES, 1024).lanes());
        final int byDefault = new TracerConfig().lanes();
        assertTrue(byDefault >= 8 && byDefault >= 2 * Runtime.getRuntime().availableProcessors());
        assertEquals(1, Integer.bitCount(byDefault));
        final TracerConfig narrow = new TracerConfig().with(TracerConfig.LANE_RECORDS, 1024);
        assertEquals(128, narrow.with(TracerConfig.LANES, 64).laneSlots());
        assertEquals(128 * 1024 / byDefault, new TracerConfig().laneSlots());
    }

    @Test
    void warningsAreLoggedOnceAndShownByTheTracer() {
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
