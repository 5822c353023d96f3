package io.kraken.tracer.settings;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings below the key {@code tracing} of a YAML file: known keys, grouped or flat, each for one setting; and
 * below {@code settings} any setting by the name of its property. Other parts of the file belong to other programs. An
 * invalid setting is a problem that names file, line and key; the others apply.
 */
final class YamlSettings {

    private static final String ROOT = "tracing";
    private static final String SETTINGS = "settings.";
    private static final String COLLECTOR = "collector_addr";
    private static final String RETRY_ENABLED = "export.retry_enabled";
    private static final String ATTEMPTS = "kraken.tracer.otlp.attempts";
    private static final String ENDPOINT = "kraken.tracer.otlp.endpoint";
    private static final Set<String> GROUPS = Set.of("sampling", "export", "safeguards", "settings");

    private static final Pattern ADDRESS =
            Pattern.compile("(https?://)?([A-Za-z0-9][A-Za-z0-9._-]{0,252}|\\[[0-9A-Fa-f:.]+])(?::([0-9]{1,5}))?/?");
    private static final int GRPC_PORT = 4317;
    private static final int HTTP_PORT = 4318;

    /**
     * A value of the file.
     *
     * @param entry its name is the complete key
     * @param ready the converted value; null if the setting parses the text
     */
    record Value(SettingEntry entry, Object ready) {}

    /** By the names of the properties. */
    private final Map<String, Value> values = new HashMap<>();

    private final KnownSettings known;
    private final SettingProblems problems;

    private YamlSettings(KnownSettings known, SettingProblems problems) {
        this.known = known;
        this.problems = problems;
    }

    /** Reads the file; empty if no file is named. */
    static YamlSettings read(String name, KnownSettings known, SettingProblems problems) {
        final YamlSettings file = new YamlSettings(known, problems);
        if (!name.isEmpty()) {
            try {
                file.take(file.entries(name));
            } catch (RuntimeException | LinkageError e) {
                problems.problem(SettingText.clean(name) + " can't be read: " + SettingText.clean(e.toString()));
            }
        }
        return file;
    }

    private List<SettingEntry> entries(String name) {
        final Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            problems.problem(known.file() + " is '" + SettingText.clean(name) + "', which is not a path");
            return List.of();
        }
        if (!Files.isRegularFile(path)) {
            problems.problem(known.file() + " is '" + SettingText.clean(name) + "', which is not a file");
            return List.of();
        }
        try {
            return YamlFile.read(path, new YamlFile.Scope(ROOT, false, RuleEntries::isList), problems::problem);
        } catch (NoClassDefFoundError e) {
            problems.problem(SettingText.clean(name)
                    + " can't be read: snakeyaml-engine (org.snakeyaml) is not on the class path");
            return List.of();
        }
    }

    private void take(List<SettingEntry> entries) {
        final RuleEntries rules = new RuleEntries(problems);
        String unknown = null;
        for (SettingEntry entry : entries) {
            final String path = entry.name();
            final String property = path.startsWith(SETTINGS)
                    ? path.substring(SETTINGS.length())
                    : known.keys().get(path);
            final boolean below = unknown != null && path.startsWith(unknown + '.');
            if (!below && !rules.take(entry) && !isGroup(entry)) {
                if (property != null) {
                    put(property, entry, entry.value(), null);
                } else if (path.equals(COLLECTOR)) {
                    collector(entry);
                } else if (!path.equals(RETRY_ENABLED)) {
                    problems.problem("unknown key " + name(entry) + " in " + entry.origin()
                            + similar(path, known.keys().keySet()));
                    unknown = path;
                }
            }
        }
        for (SettingEntry list : rules.lists()) {
            put(known.rules().property(), list, "", rules.of(list));
        }
        for (SettingEntry entry : entries) {
            if (entry.name().equals(RETRY_ENABLED) && entry.value() != null) {
                retry(entry);
            }
        }
    }

    /** Whether the entry is a map of settings; a single value in its place is a problem. */
    private boolean isGroup(SettingEntry entry) {
        if (!GROUPS.contains(entry.name())) {
            return false;
        }
        if (entry.value() != null) {
            problems.problem(name(entry) + " is a single value in " + entry.origin() + " and should be a map");
        }
        return true;
    }

    private void put(String property, SettingEntry entry, String text, Object ready) {
        if (text == null || text.isBlank() && ready == null) {
            return;
        }
        final Value before = values.get(property);
        if (before == null) {
            values.put(property, new Value(new SettingEntry(name(entry), text, entry.origin()), ready));
        } else {
            problems.problem(name(entry) + " in " + entry.origin() + " is left out: " + before.entry.name() + " in "
                    + before.entry.origin() + " sets the same");
        }
    }

    private void collector(SettingEntry entry) {
        if (entry.value() == null || entry.value().isBlank()) {
            return;
        }
        final Matcher address = ADDRESS.matcher(entry.value().strip());
        final int port =
                !address.matches() ? -1 : address.group(3) == null ? HTTP_PORT : Integer.parseInt(address.group(3));
        if (port < 1 || port > 0xFFFF) {
            problems.problem(name(entry) + " in " + entry.origin() + " is '" + SettingText.withoutSecrets(entry.value())
                    + "' and should be a host and its port; it is left out");
            return;
        }
        final String scheme = address.group(1) == null ? "http://" : address.group(1);
        final int used = port == GRPC_PORT ? HTTP_PORT : port;
        if (used != port) {
            problems.warn(name(entry) + " in " + entry.origin() + " has gRPC's port, which only the bridge uses; this"
                    + " process sends OTLP over HTTP, to port " + used + " of the same host");
        }
        put(ENDPOINT, entry, scheme + address.group(2) + ':' + used, null);
    }

    private void retry(SettingEntry entry) {
        try {
            if (!SettingType.SWITCH.parse(entry.value())) {
                values.put(ATTEMPTS, new Value(new SettingEntry(name(entry), "1", entry.origin()), null));
            }
        } catch (IllegalArgumentException e) {
            problems.problem(
                    SettingType.SWITCH.refusal(name(entry), entry.value(), entry.origin()) + "; it is left out");
        }
    }

    static String name(SettingEntry entry) {
        return SettingText.clean(ROOT + '.' + entry.name());
    }

    /** Null if the file does not set it. */
    Value value(String property) {
        return values.get(property);
    }

    /** Reports unknown settings, once. */
    void refuseUnknown(Set<String> names) {
        final List<String> unknown = new ArrayList<>();
        values.forEach((property, value) -> {
            final SettingEntry entry = value.entry;
            final boolean itself = property.equals(known.file().property());
            if (entry.name().startsWith(ROOT + '.' + SETTINGS) && (itself || !names.contains(property))) {
                unknown.add(property);
                problems.problem(
                        itself
                                ? entry.name() + " in " + entry.origin()
                                        + " is left out: a file can't include another file"
                                : "unknown setting " + entry.name() + " in " + entry.origin()
                                        + similar(property, names));
            }
        });
        unknown.forEach(values::remove);
    }

    private static String similar(String unknown, Collection<String> names) {
        return NearestName.of(unknown, new TreeSet<>(names))
                .map(near -> "; did you mean " + near + "?")
                .orElse("");
    }
}
