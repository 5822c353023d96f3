package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.SettingsSource.Entry;
import io.kraken.tracer.settings.YamlFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The bridge's YAML file: maps and scalars below one key, and nothing else. */
final class SettingsFile {

    private static final YamlFile.Scope SCOPE = new YamlFile.Scope("bridge", true, path -> false);

    private SettingsFile() {}

    /** What the file says, as far as it can be read; what is wrong with it goes to the problems. */
    static List<Entry> read(Path file, List<String> problems) {
        final List<Entry> entries = new ArrayList<>();
        for (YamlFile.Entry entry : YamlFile.read(file, SCOPE, problems)) {
            entries.add(new Entry(entry.path(), entry.value(), entry.place()));
        }
        return entries;
    }
}
