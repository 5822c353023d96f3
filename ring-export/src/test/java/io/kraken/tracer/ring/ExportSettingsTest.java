package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.Setting;
import io.kraken.tracer.TracerConfig;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every setting four ways: its default, from outside, in code, and out of range. */
class ExportSettingsTest {

    private static final List<String> TEXTS = List.of("otlp", "console", "file", "discard", "none", "gzip", "text");
    private static final List<Integer> NUMBERS = List.of(1, 2, 7, 100, 600, 1 << 19, 1 << 20, 1 << 21, 1 << 26);

    static List<Setting<?>> settings() throws IllegalAccessException {
        final List<Setting<?>> settings = new ArrayList<>();
        for (Field field : ExportSettings.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == Setting.class) {
                settings.add((Setting<?>) field.get(null));
            }
        }
        return settings;
    }

    /** Two values that may be set and are not the default, as a program has them. */
    @SuppressWarnings("unchecked") // numbers are tried on settings of numbers, texts on settings of texts
    private static <T> List<T> others(Setting<T> setting) {
        final List<T> found = new ArrayList<>();
        for (T value : setting.byDefault() instanceof Integer ? (List<T>) NUMBERS : (List<T>) TEXTS) {
            if (CoreAccess.accepts(setting, value) && !value.equals(setting.byDefault()) && found.size() < 2) {
                found.add(value);
            }
        }
        assertFalse(found.isEmpty(), setting + " has no value but its default");
        return found;
    }

    private static <T> T first(Setting<T> setting) {
        return others(setting).get(0);
    }

    private static <T> T last(Setting<T> setting) {
        final List<T> others = others(setting);
        return others.get(others.size() - 1);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void byDefaultItIsValidAndQuiet(Setting<?> setting) {
        final TracerConfig config = CoreAccess.config(Map.of(), Map.of());
        assertEquals(setting.byDefault(), config.get(setting));
        assertEquals(List.of(), config.warnings());
        assertAccepts(setting);
    }

    private static <T> void assertAccepts(Setting<T> setting) {
        assertTrue(CoreAccess.accepts(setting, setting.byDefault()), setting::property);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aPropertyIsTakenBeforeAnEnvironmentVariableAndThatBeforeOpenTelemetrys(Setting<?> setting) {
        final String one = String.valueOf(first(setting));
        final String two = String.valueOf(last(setting));
        assertFound(setting, one, Map.of(setting.property(), one), Map.of(setting.environmentVariable(), two));
        assertFound(setting, one, Map.of(), Map.of(setting.environmentVariable(), one));
        assertFound(setting, one, Map.of(setting.property(), "  "), Map.of(setting.environmentVariable(), one));
        for (String alias : setting.aliases()) {
            assertFound(setting, one, Map.of(), Map.of(alias, one));
            assertFound(setting, two, Map.of(), Map.of(alias, one, setting.environmentVariable(), two));
        }
    }

    private static void assertFound(
            Setting<?> setting, String expected, Map<String, String> properties, Map<String, String> environment) {
        final TracerConfig config = CoreAccess.config(properties, environment);
        assertEquals(expected, String.valueOf(config.get(setting)));
        assertEquals(List.of(), config.warnings());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void whatTheProgramSetsCountsMost(Setting<?> setting) {
        assertExplicit(setting);
    }

    private static <T> void assertExplicit(Setting<T> setting) {
        final T value = first(setting);
        final String outside = String.valueOf(last(setting));
        final TracerConfig config = CoreAccess.config(
                        Map.of(setting.property(), outside), Map.of(setting.environmentVariable(), outside))
                .with(setting, value);
        assertEquals(value, config.get(setting));
        assertEquals(List.of(), config.warnings());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void whatIsOutOfRangeIsAWarningThatNamesItAndTheDefault(Setting<?> setting) {
        if (takesAnything(setting)) {
            return; // any text will do, as the test of the same name below says of which
        }
        for (String bad : List.of("-7", "9999999999", "many", "1.5", "0x10")) {
            final TracerConfig config = CoreAccess.config(Map.of(setting.property(), bad), Map.of());
            assertEquals(setting.byDefault(), config.get(setting), bad);
            assertWarns(config, setting.property(), bad);
        }
        final TracerConfig fromAlias = CoreAccess.config(Map.of(), Map.of(setting.environmentVariable(), "many"));
        assertEquals(setting.byDefault(), fromAlias.get(setting));
        assertWarns(fromAlias, setting.environmentVariable(), "many");
    }

    private static void assertWarns(TracerConfig config, String name, String bad) {
        assertEquals(1, config.warnings().size(), () -> config.warnings().toString());
        final String warning = config.warnings().get(0);
        assertTrue(warning.contains(name) && warning.contains("'" + bad + "'"), warning);
    }

    private static boolean takesAnything(Setting<?> setting) {
        return setting.byDefault() instanceof String
                && CoreAccess.config(Map.of(setting.property(), "many"), Map.of())
                        .get(setting)
                        .equals("many");
    }

    @Test
    void onlyAddressesHeadersAndPathsTakeAnyText() throws IllegalAccessException {
        final Set<String> free = new HashSet<>();
        for (Setting<?> setting : settings()) {
            if (takesAnything(setting)) {
                free.add(setting.property());
            }
        }
        assertEquals(
                Set.of(
                        "kraken.tracer.otlp.traces.endpoint",
                        "kraken.tracer.otlp.endpoint",
                        "kraken.tracer.otlp.headers",
                        "kraken.tracer.sink.file",
                        "kraken.tracer.queue.dir"),
                free);
    }

    @Test
    void noTwoSettingsShareAName() throws IllegalAccessException {
        final Set<String> names = new HashSet<>();
        for (Setting<?> setting : settings()) {
            assertTrue(names.add(setting.property()), setting::property);
            for (String alias : setting.aliases()) {
                assertTrue(names.add(alias), alias);
            }
        }
        assertNotEquals(0, names.size());
    }
}
