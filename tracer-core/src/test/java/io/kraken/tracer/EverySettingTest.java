package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every setting: its default, each source, code, and values out of range. */
class EverySettingTest {

    /** Property, default, a different value, another value, and an invalid one. */
    private static final String TABLE = """
            kraken.tracer.enabled             | true   | FALSE | True | yes | 1 | truefalse
            kraken.tracer.service.name        |        | tracker | origin
            kraken.tracer.resource.attributes |        | a=1,b=2 | c=3
            kraken.tracer.record.length       | 256    | 128 | 4096 | 64 | 8192 | 300 | 1.5 | 0x100
            kraken.tracer.records             | 0      | 8388608 | 1 | -1 | 8388609 | 1.5
            kraken.tracer.abandon.after       | 1h     | 1s | 8760h | 999 | 8761h | 1 week | -5s | 1.5s
            kraken.tracer.full.wait.micros    | 0      | 1000000 | 1 | -1 | 1000001
            kraken.tracer.file                | auto   | none | a directory
            kraken.tracer.memory.megabytes    | 0      | 1048576 | 1 | -1 | 1048577
            kraken.tracer.files.kept          | 4      | 0 | 10000 | -1 | 10001
            kraken.tracer.clock               | auto   | NanoTime | tsc | sundial
            kraken.tracer.shutdown.hook       | true   | false | true | off
            kraken.tracer.shutdown.grace      | 5s     | 0ms | 24h | -1ms | 25h | soon
            kraken.tracer.limit.attributes    | 128    | 0 | 10000 | -1 | 10001
            kraken.tracer.limit.events        | 128    | 0 | 10000 | -1 | 10001
            kraken.tracer.limit.links         | 128    | 0 | 10000 | -1 | 10001
            kraken.tracer.limit.event.attributes | 128 | 0 | 10000 | -1 | 10001
            kraken.tracer.limit.value.length  | 2147483647 | 0 | 1 | -1 | 2147483648
            kraken.tracer.propagators         | tracecontext,baggage | b3 ,\tJaeger | none | xray | b3,, | b3,none
            kraken.tracer.context.places      | 4096   | 16 | 1048575 | 15 | 1048576
            kraken.tracer.sampler             | parentbased_always_on | Always_Off | traceidratio | sometimes
            kraken.tracer.sampler.arg         |        | 0.25 | endpoint=http://jaeger:5778,initialSamplingRate=.5
            kraken.tracer.sampling.rate       | none   | 0.25 | 1e-3 | -0.1 | 1.1 | NaN | Infinity | 0x1p-2 | 1d
            kraken.tracer.baggage.attributes  |        | tenant | a, b.c | a b | a,,b | =
            kraken.tracer.sampling.rules      |        | path:/health=0 | operation:a.*=.5;path:/a/*=0,record | path:/=2
            kraken.tracer.sampling.limit      | 0      | 1.5 | 10000000 | -1 | 10000001
            kraken.tracer.sampling.lower.bound | 0     | 0.016 | 1000000 | -1 | 1000001
            kraken.tracer.sampling.adaptive   | false  | true | false | on
            kraken.tracer.record              | all    | None | sampled | some
            kraken.tracer.breaker.enabled     | true   | false | true | 0
            kraken.tracer.breaker.threshold   | 0.9    | 0.05 | 1 | 0.04 | 1.01 | 90%
            kraken.tracer.breaker.sampled.threshold | 0.8 | 0.05 | 1 | 0.04 | 1.01 | 80%
            kraken.tracer.breaker.cooldown    | 30s    | 100ms | 24h | 99 | 25h | 86400001 | 1 week | -5s | 1.5s
            kraken.tracer.config              |        | absent.yaml | other.yaml
            kraken.tracer.strict              | false  | true | false | very
            """;

    private static final List<String> NEVER = List.of("no such value", "99999999999999999999");

    /** A setting and its line of the table. */
    record Row<T>(Setting<T> setting, String byDefault, T value, String good, String other, List<String> bad) {
        @Override
        public String toString() {
            return setting.property();
        }

        List<String> variables() {
            final List<String> names = new ArrayList<>(List.of(setting.environmentVariable()));
            names.addAll(setting.aliases());
            return names;
        }
    }

    private final Map<String, String> properties = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    @TempDir
    private Path folder;

    private TracerConfig config() {
        return new TracerConfig(properties::get, environment::get);
    }

    static Stream<Row<?>> rows() {
        final Map<String, String[]> lines = new HashMap<>();
        for (String line : TABLE.split("\n")) {
            final String[] columns = line.strip().split("\\s*\\|\\s*", -1);
            lines.put(columns[0], columns);
        }
        return Setting.declaredIn(TracerConfig.class).stream().map(setting -> {
            assertTrue(lines.containsKey(setting.property()), "not in the table: " + setting);
            return row(setting, List.of(lines.get(setting.property())));
        });
    }

    private static <T> Row<T> row(Setting<T> setting, List<String> columns) {
        final List<String> bad = new ArrayList<>(columns.subList(4, columns.size()));
        if (!bad.isEmpty() && setting != TracerConfig.BAGGAGE_ATTRIBUTES) { // a key may consist of digits
            bad.addAll(NEVER);
        }
        final String good = columns.get(2);
        return new Row<>(setting, columns.get(1), setting.parse(good), good, columns.get(3), bad);
    }

    @Test
    void documentationListsExactlyTheSettings() {
        final List<Row<?>> rows = rows().toList();
        assertEquals(TABLE.split("\n").length, rows.size());
        assertEquals(
                rows.size(),
                rows.stream().map(row -> row.setting().property()).distinct().count());
        assertEquals(
                rows.size()
                        + rows.stream()
                                .mapToLong(row -> row.setting().aliases().size())
                                .sum(),
                rows.stream()
                        .flatMap(row -> row.variables().stream())
                        .distinct()
                        .count());
    }

    @ParameterizedTest
    @MethodSource("rows")
    <T> void anUnsetSettingHasItsDefault(Row<T> row) {
        assertEquals(row.byDefault(), row.setting().show(config().get(row.setting())));
        assertTrue(row.setting().isValid(row.setting().byDefault()));
        properties.put(row.setting().property(), "  ");
        row.variables().forEach(name -> environment.put(name, ""));
        final TracerConfig blank = config();
        assertEquals(row.setting().byDefault(), blank.get(row.setting()), "empty equals unset");
        assertEquals(List.of(), blank.warnings());
        assertTrue(blank.describe().contains(row.setting() + " = " + row.byDefault() + "  (default)\n"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    <T> void whatIsShownOfAValueSaysTheSame(Row<T> row) {
        assertNotEquals(row.setting().byDefault(), row.value());
        assertEquals(row.value(), row.setting().parse(row.setting().show(row.value())));
        final T other = row.setting().parse(row.other());
        assertNotEquals(row.value(), other);
        assertEquals(other, row.setting().parse(row.setting().show(other)));
    }

    /** In ascending order of precedence, each with a value different from all before it. */
    @ParameterizedTest
    @MethodSource("rows")
    <T> void theWeightierPlaceCounts(Row<T> row) throws IOException {
        final boolean namesFile = row.setting().property().equals(TracerConfig.CONFIG.property());
        if (!namesFile) {
            final String text = "tracing:\n  settings:\n    " + row.setting() + ": '" + row.good() + "'\n";
            final Path file = Files.writeString(folder.resolve("kraken.yaml"), text);
            properties.put(TracerConfig.CONFIG.property(), file.toString());
            assertFound(row, config(), file + ", line 3");
            Files.writeString(file, text.replace(row.good(), row.other()));
        }
        for (int i = row.setting().aliases().size() - 1; i >= 0; i--) {
            environment.replaceAll((name, value) -> row.other());
            environment.put(row.setting().aliases().get(i), row.good());
            assertFound(row, config(), row.setting().aliases().get(i));
        }
        environment.replaceAll((name, value) -> row.other());
        final String own = row.setting().property().toUpperCase(Locale.ROOT).replace('.', '_');
        environment.put(own, row.good());
        assertFound(row, config(), own);
        environment.put(own, row.other());
        properties.put(row.setting().property(), " " + row.good() + " ");
        assertFound(row, config(), "system property");
        properties.put(row.setting().property(), row.other());
        final TracerConfig config = config().with(row.setting(), row.value());
        assertFound(row, config, "code");
        config.conclude().with(row.setting(), row.setting().byDefault());
        assertEquals(row.value(), config.get(row.setting()), "final after conclude");
    }

    private static <T> void assertFound(Row<T> row, TracerConfig config, String where) {
        assertEquals(row.value(), config.get(row.setting()), where);
        assertEquals(List.of(), config.warnings());
        final String line = row.setting() + " = " + row.setting().show(row.value()) + "  (" + where + ")\n";
        assertTrue(config.describe().contains(line), config::describe);
    }

    @ParameterizedTest
    @MethodSource("rows")
    <T> void aBadValueIsTheDefaultAndAWarning(Row<T> row) throws IOException {
        for (String text : row.bad()) {
            properties.put(row.setting().property(), text);
            assertRefused(row, config(), row.setting().property(), text, "");
            properties.clear();
            for (String name : row.variables()) {
                environment.put(name, text);
                assertRefused(row, config(), name, text, "");
                environment.clear();
            }
            final Path file = Files.writeString(
                    folder.resolve("kraken.yaml"), "tracing: {settings: {\n" + row.setting() + ": '" + text + "'}}");
            properties.put(TracerConfig.CONFIG.property(), file.toString());
            assertRefused(row, config(), "tracing.settings." + row.setting(), text, " in " + file + ", line 2");
            properties.clear();
        }
        assertRefused(row, config().with(row.setting(), null), row.setting().property(), "null", "");
    }

    private static <T> void assertRefused(Row<T> row, TracerConfig config, String name, String value, String place) {
        final Setting<T> setting = row.setting();
        assertEquals(setting.byDefault(), config.get(setting));
        assertEquals(setting.byDefault(), config.get(setting), "warns once if read twice");
        assertEquals(
                List.of(name + " is '" + value + "'" + place + " and should be " + setting.range() + "; "
                        + row.byDefault() + " is used"),
                config.warnings());
        assertTrue(config.describe().contains("(default; the value of the "), config::describe);
    }
}
