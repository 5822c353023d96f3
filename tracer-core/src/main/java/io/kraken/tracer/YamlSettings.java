package io.kraken.tracer;

import static java.util.Map.entry;

import io.kraken.tracer.yaml.YamlFile;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

    private static final Map<String, String> KEYS = Map.ofEntries(
            entry("enabled", TracerConfig.ENABLED.property()),
            entry("service_name", TracerConfig.SERVICE_NAME.property()),
            entry("sampling.default_rate", TracerConfig.SAMPLING_RATE.property()),
            entry("sampling_rate", TracerConfig.SAMPLING_RATE.property()),
            entry("export.batch_timeout", "kraken.tracer.batch.millis"),
            entry("batch_timeout", "kraken.tracer.batch.millis"),
            entry("export.max_batch_size", "kraken.tracer.batch.records"),
            entry("max_export_batch", "kraken.tracer.batch.records"),
            entry("export.max_queue_size", TracerConfig.RECORDS.property()),
            entry("max_queue_size", TracerConfig.RECORDS.property()),
            entry("export.retry_max_attempts", ATTEMPTS),
            entry("safeguards.circuit_breaker_enabled", TracerConfig.BREAKER_ENABLED.property()),
            entry("safeguards.load_threshold", TracerConfig.BREAKER_THRESHOLD.property()),
            entry("safeguards.sampled_threshold", TracerConfig.BREAKER_SAMPLED_THRESHOLD.property()),
            entry("safeguards.cooldown_duration", TracerConfig.BREAKER_COOLDOWN.property()));

    private static final Pattern ADDRESS =
            Pattern.compile("(https?://)?([A-Za-z0-9][A-Za-z0-9._-]{0,252}|\\[[0-9A-Fa-f:.]+])(?::([0-9]{1,5}))?/?");
    private static final int GRPC_PORT = 4317;
    private static final int HTTP_PORT = 4318;

    /**
     * A value of the file.
     *
     * @param key its key, for display
     * @param ready the converted value; null if the setting parses the text
     */
    record Value(String key, String text, Object ready, String place) {}

    /** By the names of the properties. */
    private final Map<String, Value> values = new HashMap<>();

    private final TracerConfig config;

    private YamlSettings(TracerConfig config) {
        this.config = config;
    }

    /**
     * Reads the file; empty if no file is named.
     *
     * @param config receives the problems
     */
    static YamlSettings read(String name, TracerConfig config) {
        final YamlSettings file = new YamlSettings(config);
        if (!name.isEmpty()) {
            final List<String> problems = new ArrayList<>();
            try {
                file.take(entries(name, problems));
            } catch (RuntimeException | LinkageError e) {
                problems.add(SettingText.clean(name) + " can't be read: " + SettingText.clean(e.toString()));
            }
            problems.forEach(config::problem);
        }
        return file;
    }

    private static List<YamlFile.Entry> entries(String name, List<String> problems) {
        final Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            problems.add(TracerConfig.CONFIG + " is '" + SettingText.clean(name) + "', which is not a path");
            return List.of();
        }
        if (!Files.isRegularFile(path)) {
            problems.add(TracerConfig.CONFIG + " is '" + SettingText.clean(name) + "', which is not a file");
            return List.of();
        }
        try {
            return YamlFile.read(path, new YamlFile.Scope(ROOT, false, RuleEntries::isList), problems);
        } catch (NoClassDefFoundError e) {
            problems.add(SettingText.clean(name)
                    + " can't be read: snakeyaml-engine (org.snakeyaml) is not on the class path");
            return List.of();
        }
    }

    private void take(List<YamlFile.Entry> entries) {
        final RuleEntries rules = new RuleEntries(config);
        String unknown = null;
        for (YamlFile.Entry entry : entries) {
            final String path = entry.path();
            final String property = path.startsWith(SETTINGS) ? path.substring(SETTINGS.length()) : KEYS.get(path);
            final boolean below = unknown != null && path.startsWith(unknown + '.');
            if (!below && !rules.take(entry) && !isGroup(entry)) {
                if (property != null) {
                    put(property, entry, entry.value(), null);
                } else if (path.equals(COLLECTOR)) {
                    collector(entry);
                } else if (!path.equals(RETRY_ENABLED)) {
                    config.problem("unknown key " + name(entry) + " in " + entry.place());
                    unknown = path;
                }
            }
        }
        for (YamlFile.Entry list : rules.lists()) {
            put(TracerConfig.SAMPLING_RULES.property(), list, "", rules.of(list));
        }
        for (YamlFile.Entry entry : entries) {
            if (entry.path().equals(RETRY_ENABLED) && entry.value() != null) {
                retry(entry);
            }
        }
    }

    /** Whether the entry is a map of settings; a single value in its place is a problem. */
    private boolean isGroup(YamlFile.Entry entry) {
        if (!GROUPS.contains(entry.path())) {
            return false;
        }
        if (entry.value() != null) {
            config.problem(name(entry) + " is a single value in " + entry.place() + " and should be a map");
        }
        return true;
    }

    private void put(String property, YamlFile.Entry entry, String text, Object ready) {
        if (text == null || text.isBlank() && ready == null) {
            return;
        }
        final Value before = values.get(property);
        if (before == null) {
            values.put(property, new Value(name(entry), text, ready, entry.place()));
        } else {
            config.problem(name(entry) + " in " + entry.place() + " is left out: " + before.key + " in " + before.place
                    + " sets the same");
        }
    }

    private void collector(YamlFile.Entry entry) {
        if (entry.value() == null || entry.value().isBlank()) {
            return;
        }
        final Matcher address = ADDRESS.matcher(entry.value().strip());
        final int port =
                !address.matches() ? -1 : address.group(3) == null ? HTTP_PORT : Integer.parseInt(address.group(3));
        if (port < 1 || port > 0xFFFF) {
            config.problem(name(entry) + " in " + entry.place() + " is '" + SettingText.withoutSecrets(entry.value())
                    + "' and should be a host and its port; it is left out");
            return;
        }
        final String scheme = address.group(1) == null ? "http://" : address.group(1);
        final int used = port == GRPC_PORT ? HTTP_PORT : port;
        if (used != port) {
            config.warn(name(entry) + " in " + entry.place() + " has gRPC's port, which only the bridge uses; this"
                    + " process sends OTLP over HTTP, to port " + used + " of the same host");
        }
        put(ENDPOINT, entry, scheme + address.group(2) + ':' + used, null);
    }

    private void retry(YamlFile.Entry entry) {
        try {
            if (!SettingText.parseBoolean(entry.value().strip())) {
                values.put(ATTEMPTS, new Value(name(entry), "1", null, entry.place()));
            }
        } catch (IllegalArgumentException e) {
            config.problem(name(entry) + " in " + entry.place() + " is '" + SettingText.clean(entry.value())
                    + "' and should be true or false; it is left out");
        }
    }

    static String name(YamlFile.Entry entry) {
        return SettingText.clean(ROOT + '.' + entry.path());
    }

    /** Null if the file does not set it. */
    Value value(String property) {
        return values.get(property);
    }

    /** Reports unknown settings, once. */
    void refuseUnknown(Set<String> known) {
        final List<String> unknown = new ArrayList<>();
        values.forEach((property, value) -> {
            final boolean itself = property.equals(TracerConfig.CONFIG.property());
            if (value.key.startsWith(ROOT + '.' + SETTINGS) && (itself || !known.contains(property))) {
                unknown.add(property);
                config.problem(
                        itself
                                ? value.key + " in " + value.place + " is left out: a file can't include another file"
                                : "unknown setting " + value.key + " in " + value.place);
            }
        });
        unknown.forEach(values::remove);
    }
}
