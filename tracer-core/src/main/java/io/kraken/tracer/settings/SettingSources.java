package io.kraken.tracer.settings;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Looks up the values of settings in their sources. For one thread at a time. */
public final class SettingSources {

    private static final String OTEL_SDK_DISABLED = "OTEL_SDK_DISABLED";

    /** The sources of values, in order of precedence. */
    public enum Origin {
        CODE,
        PROPERTY,
        VARIABLE,
        ALIAS,
        FILE,
        DEFAULT
    }

    /**
     * A value and its source.
     *
     * @param where the source, for display
     */
    public record Found<T>(T value, Origin origin, String where) {

        /** True for equal precedence. */
        public boolean weighsAsMuchAs(Found<?> other) {
            return origin.compareTo(other.origin) <= 0;
        }
    }

    private final UnaryOperator<String> properties;
    private final UnaryOperator<String> environment;
    private final Map<Setting<?>, Object> explicit = new HashMap<>();
    private final KnownSettings known;
    private final Supplier<String> fileName;
    private final SettingProblems problems;
    private YamlSettings file;

    /** @param fileName the path of the settings file, empty for none; called on first use of the file */
    public SettingSources(
            UnaryOperator<String> properties,
            UnaryOperator<String> environment,
            KnownSettings known,
            Supplier<String> fileName,
            SettingProblems problems) {
        this.properties = properties;
        this.environment = environment;
        this.known = known;
        this.fileName = fileName;
        this.problems = problems;
    }

    public void set(Setting<?> setting, Object value) {
        explicit.put(setting, value);
    }

    public <T> Found<T> find(Setting<T> setting) {
        if (explicit.containsKey(setting)) {
            @SuppressWarnings("unchecked") // values are put in under the setting of their type
            final T value = (T) explicit.get(setting);
            return setting.isValid(value)
                    ? new Found<>(value, Origin.CODE, "code")
                    : refused(setting, new SettingEntry(setting.property(), String.valueOf(value), "code"), "");
        }
        final String property = properties.apply(setting.property());
        if (!isBlank(property)) {
            return parsed(setting, new SettingEntry(setting.property(), property, "system property"), Origin.PROPERTY);
        }
        Origin origin = Origin.VARIABLE;
        String name = setting.environmentVariable();
        for (int i = 0;
                isBlank(environment.apply(name)) && i < setting.aliases().size();
                i++) {
            name = setting.aliases().get(i);
            origin = Origin.ALIAS;
        }
        final String variable = environment.apply(name);
        if (!isBlank(variable)) {
            return parsed(setting, new SettingEntry(name, variable, name), origin);
        }
        return setting.property().equals(known.enabled().property()) && !isBlank(environment.apply(OTEL_SDK_DISABLED))
                ? switchedOff(setting, environment.apply(OTEL_SDK_DISABLED))
                : findInFile(setting);
    }

    private <T> Found<T> findInFile(Setting<T> setting) {
        final boolean namesFile = setting.property().equals(known.file().property());
        final YamlSettings.Value value = namesFile ? null : file().value(setting.property());
        if (value == null) {
            return new Found<>(setting.byDefault(), Origin.DEFAULT, "default");
        }
        if (value.ready() == null) {
            return parsed(setting, value.entry(), Origin.FILE);
        }
        @SuppressWarnings("unchecked") // the file makes values of the setting's type
        final T ready = (T) value.ready();
        return new Found<>(ready, Origin.FILE, value.entry().origin());
    }

    /** Reports settings of the file that are not among these. */
    public void refuseUnknown(Set<String> names) {
        file().refuseUnknown(names);
    }

    /** The settings file; read on first use. */
    private YamlSettings file() {
        if (file == null) {
            file = YamlSettings.read(fileName.get().strip(), known, problems);
        }
        return file;
    }

    /** OpenTelemetry's switch is the negation of ours. */
    @SuppressWarnings("unchecked") // of the setting that is a switch
    private <T> Found<T> switchedOff(Setting<T> setting, String disabled) {
        final Setting<Boolean> ours = (Setting<Boolean>) setting;
        try {
            final Boolean enabled = !ours.parse(disabled);
            return (Found<T>) new Found<>(enabled, Origin.ALIAS, OTEL_SDK_DISABLED);
        } catch (IllegalArgumentException e) {
            problems.problem(ours.type().refusal(OTEL_SDK_DISABLED, disabled, "") + "; false is used");
            return (Found<T>) new Found<>(ours.byDefault(), Origin.DEFAULT, "default");
        }
    }

    private <T> Found<T> parsed(Setting<T> setting, SettingEntry given, Origin origin) {
        try {
            return new Found<>(setting.parse(given.value()), origin, given.origin());
        } catch (IllegalArgumentException e) {
            return refused(setting, given, origin == Origin.FILE ? given.origin() : "");
        }
    }

    /** @param place the position in the source; empty if the name identifies the source */
    private <T> Found<T> refused(Setting<T> setting, SettingEntry given, String place) {
        problems.problem(setting.type().refusal(given.name(), given.value(), place) + "; "
                + setting.show(setting.byDefault()) + " is used");
        final String where = "default; the value of the " + given.origin() + " is invalid";
        return new Found<>(setting.byDefault(), Origin.DEFAULT, where);
    }

    private static boolean isBlank(String text) {
        return text == null || text.isBlank();
    }
}
