package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.SettingsSource.Entry;
import io.kraken.tracer.settings.YamlFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The reader of the bridge's YAML file: only maps and scalars below one key are permitted. */
final class SettingsFile {

    private static final YamlFile.Scope SCOPE = new YamlFile.Scope("bridge", true, path -> false);

    private SettingsFile() {}

    /** The entries of the file as far as it can be read; errors are added to the problems. */
    static List<Entry> read(Path file, List<String> problems) {
        final List<Entry> entries = new ArrayList<>();
        for (YamlFile.Entry entry : YamlFile.read(file, SCOPE, problems)) {
            entries.add(new Entry(entry.path(), entry.value(), entry.place()));
        }
        return entries;
    }
}
