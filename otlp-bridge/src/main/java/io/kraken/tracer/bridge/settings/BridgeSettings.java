package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingEntry;
import io.kraken.tracer.settings.SettingText;
import io.kraken.tracer.settings.SettingType;
import io.kraken.tracer.settings.YamlFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The bridge's settings, from a YAML file, the environment and the command line, each of which overrides the one
 * before. {@link SettingsTable} lists them. Unknown settings and invalid values are never ignored or replaced: all of
 * them are reported in one exception.
 */
public final class BridgeSettings {

    /** The load of a process at which it stops recording. */
    public static final SettingType<Double> LOAD = SettingType.of(
            "SHARE",
            "a number above 0, up to 1",
            text -> Optional.of(SettingType.SHARE.parse(text))
                    .filter(load -> load > 0)
                    .orElse(null));

    /** Only maps and scalars below one key are permitted. */
    static final YamlFile.Scope SCOPE = new YamlFile.Scope("bridge", true, path -> false);

    private final GivenSettings given;
    private final BridgeConfig config;

    private BridgeSettings(GivenSettings given) {
        this.given = given;
        this.config = newConfig(given);
    }

    /**
     * @param arguments of the command line, without the command
     * @throws SettingsException when any setting is invalid; it contains all problems
     */
    public static BridgeSettings read(List<String> arguments, Map<String, String> environment)
            throws SettingsException {
        final Set<String> problems = new LinkedHashSet<>();
        final List<SettingEntry> commandLine = SettingsSource.commandLine(arguments, problems);
        final GivenSettings outside = new GivenSettings(new HashSet<>());
        outside.take(SettingsSource.environment(environment, Set.of()));
        outside.take(commandLine);
        final GivenSettings given = new GivenSettings(problems);
        final Path file = outside.value(SettingsTable.CONFIG);
        if (file != null) {
            given.take(withoutConfig(YamlFile.read(file, SCOPE, problems::add), problems));
        }
        given.take(SettingsSource.environment(environment, destinations(given, commandLine)));
        given.take(commandLine);
        given.value(SettingsTable.CONFIG);
        if (given.destinations().isEmpty()) {
            given.take(OtlpEnvironment.read(environment, problems));
        }
        final BridgeSettings settings = new BridgeSettings(given);
        if (!problems.isEmpty()) {
            throw new SettingsException(problems);
        }
        return settings;
    }

    private static List<SettingEntry> withoutConfig(List<SettingEntry> entries, Set<String> problems) {
        entries.removeIf(entry -> {
            final boolean config = entry.name().equals(SettingsTable.CONFIG.property());
            if (config) {
                problems.add("config is given in " + entry.origin() + "; a file cannot include another one");
            }
            return config;
        });
        return entries;
    }

    /** The destination names that variables can refer to. */
    private static Set<String> destinations(GivenSettings given, List<SettingEntry> commandLine) {
        final Set<String> destinations = new LinkedHashSet<>(given.destinations());
        for (SettingEntry entry : commandLine) {
            final SettingKey key = SettingKey.find(entry.name());
            if (key != null && SettingKey.isOfDestination(key.setting())) {
                destinations.add(key.owner());
            }
        }
        return destinations;
    }

    private static BridgeConfig newConfig(GivenSettings given) {
        final List<DestinationConfig> destinations = new ArrayList<>();
        for (String name :
                given.destinations().isEmpty() ? List.of(OtlpEnvironment.DESTINATION) : given.destinations()) {
            destinations.add(DestinationSettings.read(given, name));
        }
        final long decisionDelayNs = given.nanos(SettingsTable.DECISION_DELAY);
        final BridgeConfig.Keep keep = new BridgeConfig.Keep(
                given.value(SettingsTable.KEEP_ERRORS),
                given.nanos(SettingsTable.KEEP_SLOW),
                given.value(SettingsTable.KEEP_SHARE),
                given.value(SettingsTable.KEEP_TRACES),
                given.nanos(SettingsTable.KEEP_REMEMBER));
        if (keep.rememberNs() < decisionDelayNs) {
            given.problem(given.named(SettingsTable.KEEP_REMEMBER, null) + " is shorter than "
                    + given.named(SettingsTable.DECISION_DELAY, null)
                    + ": traces would be forgotten before they are shipped");
        }
        return new BridgeConfig(
                given.value(SettingsTable.QUEUES),
                decisionDelayNs,
                given.nanos(SettingsTable.BATCH_DELAY),
                given.nanos(SettingsTable.STALL),
                (long) given.value(SettingsTable.DISK_MEGABYTES) << 20,
                given.nanos(SettingsTable.QUARANTINE),
                given.nanos(SettingsTable.DRAIN),
                given.value(SettingsTable.THREADS),
                given.value(SettingsTable.LISTEN).orElse(null),
                keep,
                new BridgeConfig.Window(
                        given.nanos(SettingsTable.WINDOW_TIME),
                        (long) given.value(SettingsTable.WINDOW_MEGABYTES) << 20),
                new ControlConfig(
                        given.value(SettingsTable.SPAN_FILES), ServiceSettings.read(given), RemoteSettings.read(given)),
                List.copyOf(destinations));
    }

    public BridgeConfig config() {
        return config;
    }

    /** The settings for the help of the command line. */
    public static String help() {
        return SettingsTable.help();
    }

    /** The names of the settings that differ and can be changed while the bridge runs. */
    public List<String> changedSince(BridgeSettings before) {
        return changes(before, true);
    }

    /** The names of the settings that differ and can be changed by a restart only. */
    public List<String> needRestartSince(BridgeSettings before) {
        return changes(before, false);
    }

    private List<String> changes(BridgeSettings before, boolean whileRunning) {
        final List<String> names = new ArrayList<>();
        for (SettingKey key : given.differencesFrom(before.given)) {
            final Setting<?> setting = key.setting();
            if ((SettingKey.isOfService(setting) || SettingsTable.CHANGEABLE.contains(setting)) == whileRunning) {
                names.add(key.toString());
            }
        }
        return names;
    }

    /** The settings in force, one per line, with their origin; secrets are masked. */
    public String describe() {
        final StringBuilder text = new StringBuilder(4000);
        for (Setting<?> setting : SettingsTable.rows()) {
            if (SettingKey.isGeneral(setting)
                    && RemoteSettings.isUsed(setting, config.control().remote())) {
                line(text, SettingKey.of(setting, null));
            }
        }
        given.ofServices().forEach(key -> line(text, key));
        for (DestinationConfig destination : config.destinations()) {
            describe(destination, text);
        }
        return text.toString();
    }

    private void describe(DestinationConfig destination, StringBuilder text) {
        for (Setting<?> setting : SettingsTable.rows()) {
            final SettingKey key = SettingKey.of(setting, destination.name());
            if (setting == SettingsTable.HEADER) {
                for (String header : destination.headers().keySet()) {
                    line(text, new SettingKey(setting, destination.name(), header));
                }
            } else if (setting == SettingsTable.ENDPOINT && destination.endpoint() != null) {
                final String endpoint = destination.endpoint().toString();
                line(text, key, setting.type().masked().apply(endpoint));
            } else if (SettingKey.isOfDestination(setting) && DestinationSettings.isUsed(setting, destination)) {
                line(text, key);
            }
        }
    }

    private void line(StringBuilder text, SettingKey key) {
        final String value = given.shown(key);
        line(text, key, value.equals(BridgeTypes.AUTO) ? value + ": " + given.value(key.setting(), key) : value);
    }

    private void line(StringBuilder text, SettingKey key, String shown) {
        if (!shown.isEmpty()) {
            text.append(SettingText.line(key.toString(), shown, given.origin(key)));
        }
    }
}
