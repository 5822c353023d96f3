package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.BridgeSetting.Key;
import io.kraken.tracer.file.ControlWords;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The reader of settings of services and their operations. Names of services and operations may contain dots, so a
 * dotted name is parsed from its end: first the setting, then the operation, if there is an {@code .operations.}, whose
 * first occurrence ends the service's name.
 */
final class ServiceSettings {

    private static final String OPERATIONS = ".operations.";
    private static final List<String> GROUPS = List.of(".sampling", ".breaker", ".operations");

    private ServiceSettings() {}

    /** The setting with a name that begins with {@link BridgeSetting#SERVICES}; null: unknown. */
    static Key find(String name) {
        final String rest = name.substring(BridgeSetting.SERVICES.length());
        final int at = rest.indexOf(OPERATIONS);
        final int last = rest.lastIndexOf('.');
        if (at > 0) {
            final int begin = at + OPERATIONS.length();
            final BridgeSetting<?> row =
                    last <= begin ? null : row("operations.<operation>." + rest.substring(last + 1));
            return row == null ? null : new Key(row, rest.substring(0, at), rest.substring(begin, last));
        }
        // Settings have one or two parts.
        final int before = rest.lastIndexOf('.', last - 1);
        for (int cut : new int[] {before, last}) {
            final BridgeSetting<?> row = cut <= 0 ? null : row(rest.substring(cut + 1));
            if (row != null) {
                return new Key(row, rest.substring(0, cut), null);
            }
        }
        return null;
    }

    private static BridgeSetting<?> row(String shortName) {
        for (BridgeSetting<?> row : SettingsTable.rows()) {
            if (row.isOfService() && row.shortName().equals(SettingsTable.underscored(shortName))) {
                return row;
            }
        }
        return null;
    }

    /** Whether this name, which is not a setting's, is certainly that of a map with settings. */
    static boolean isGroup(String name) {
        final String rest = name.substring(BridgeSetting.SERVICES.length());
        boolean group = rest.indexOf('.') < 0;
        for (String end : GROUPS) {
            group |= rest.endsWith(end);
        }
        return group;
    }

    /** Whether a map of this name may contain settings of services. */
    static boolean isWithin(String name) {
        return name.startsWith(BridgeSetting.SERVICES) && find(name) == null;
    }

    /** The settings of each service that has any. */
    static Map<String, ControlWords> read(GivenSettings given) {
        final Map<String, ControlWords> services = new HashMap<>();
        for (Key key : given.ofServices()) {
            final ControlWords before = services.getOrDefault(key.owner(), ControlWords.EMPTY);
            final ControlWords words = given.value(key.setting(), key) == null ? before : with(before, key, given);
            services.put(key.owner(), words);
            if (words.operations().size() > ControlWords.MAX_OPERATIONS) {
                given.problem("service " + SettingKind.clean(key.owner()) + " has more than "
                        + ControlWords.MAX_OPERATIONS + " operations");
                return Map.of();
            }
        }
        return services;
    }

    private static ControlWords with(ControlWords words, Key key, GivenSettings given) {
        final BridgeSetting<?> setting = key.setting();
        if (setting == SettingsTable.SERVICE_RATE) {
            return words.withRate(given.value(SettingsTable.SERVICE_RATE, key));
        } else if (setting == SettingsTable.SERVICE_LIMIT) {
            return words.withLimit(given.value(SettingsTable.SERVICE_LIMIT, key));
        } else if (setting == SettingsTable.SERVICE_LOWER_BOUND) {
            return words.withLowerBound(given.value(SettingsTable.SERVICE_LOWER_BOUND, key));
        } else if (setting == SettingsTable.SERVICE_RECORDING) {
            return words.withRecording(given.value(SettingsTable.SERVICE_RECORDING, key));
        } else if (setting == SettingsTable.SERVICE_BREAKER) {
            return words.withBreaker(
                    given.value(SettingsTable.SERVICE_BREAKER, key),
                    words.breaker().threshold());
        } else if (setting == SettingsTable.SERVICE_THRESHOLD) {
            return words.withBreaker(words.breaker().on(), given.value(SettingsTable.SERVICE_THRESHOLD, key));
        }
        return withOperation(words, key, given);
    }

    private static ControlWords withOperation(ControlWords words, Key key, GivenSettings given) {
        final String operation = key.part();
        if (operation.getBytes(StandardCharsets.UTF_8).length > ControlWords.MAX_NAME_LENGTH) {
            given.problem("an operation of service " + SettingKind.clean(key.owner()) + " has a name of more than "
                    + ControlWords.MAX_NAME_LENGTH + " bytes");
            return words;
        }
        final Double rate = given.value(SettingsTable.OPERATION_RATE, of(SettingsTable.OPERATION_RATE, key));
        final Double bound =
                given.value(SettingsTable.OPERATION_LOWER_BOUND, of(SettingsTable.OPERATION_LOWER_BOUND, key));
        if (rate == null) {
            given.problem(SettingKind.clean(key.toString()) + " needs "
                    + SettingKind.clean(of(SettingsTable.OPERATION_RATE, key).toString()) + " as well");
            return words;
        }
        return words.withOperation(operation, new ControlWords.Rate(rate, bound == null ? 0 : bound));
    }

    private static Key of(BridgeSetting<?> setting, Key sibling) {
        return new Key(setting, sibling.owner(), sibling.part());
    }
}
