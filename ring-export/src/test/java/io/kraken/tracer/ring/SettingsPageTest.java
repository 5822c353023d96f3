package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests that SETTINGS.md agrees with the code. */
class SettingsPageTest {

    private static final Path PAGE = Path.of("SETTINGS.md");
    private static final String ROW = "| `kraken.tracer.";
    private static final int COLUMNS = 4;

    @Test
    void listsEverySettingWithItsVariablesDefaultAndValues() throws IOException {
        final List<Setting<?>> all = new ArrayList<>(Setting.declaredIn(TracerConfig.class));
        all.addAll(ExportSettings.all());
        final String expected = all.stream().map(SettingsPageTest::row).sorted().collect(Collectors.joining("\n"));
        final String found = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith(ROW))
                .map(SettingsPageTest::withoutMeaning)
                .sorted()
                .collect(Collectors.joining("\n"));
        assertEquals(expected, found);
    }

    private static String row(Setting<?> setting) {
        final String variables =
                setting.aliases().stream().map(SettingsPageTest::code).collect(Collectors.joining(", "));
        return "| " + code(setting.property()) + " | " + variables + " | " + code(setting.defaultText()) + " | "
                + setting.range() + " |";
    }

    private static String code(String text) {
        return text.isEmpty() ? "" : "`" + text + "`";
    }

    private static String withoutMeaning(String row) {
        int end = 0;
        for (int i = 0; i <= COLUMNS; i++) {
            end = row.indexOf('|', end) + 1;
        }
        return row.substring(0, end);
    }
}
