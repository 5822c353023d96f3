package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingText;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The reader of settings of services and their operations. */
final class ServiceSettings {

    private ServiceSettings() {}

    /** The settings of each service that has any. */
    static Map<String, ControlWords> read(GivenSettings given) {
        final Map<String, ControlWords> services = new HashMap<>();
        for (SettingKey key : given.ofServices()) {
            final ControlWords before = services.getOrDefault(key.owner(), ControlWords.EMPTY);
            final ControlWords words = given.value(key.setting(), key) == null ? before : with(before, key, given);
            services.put(key.owner(), words);
            if (words.operations().size() > ControlWords.MAX_OPERATIONS) {
                given.problem("service " + SettingText.clean(key.owner()) + " has more than "
                        + ControlWords.MAX_OPERATIONS + " operations");
                return Map.of();
            }
        }
        return services;
    }

    private static ControlWords with(ControlWords words, SettingKey key, GivenSettings given) {
        final Setting<?> setting = key.setting();
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

    private static ControlWords withOperation(ControlWords words, SettingKey key, GivenSettings given) {
        final String operation = key.part();
        if (operation.getBytes(StandardCharsets.UTF_8).length > ControlWords.MAX_NAME_LENGTH) {
            given.problem("an operation of service " + SettingText.clean(key.owner()) + " has a name of more than "
                    + ControlWords.MAX_NAME_LENGTH + " bytes");
            return words;
        }
        final Double rate = given.value(SettingsTable.OPERATION_RATE, of(SettingsTable.OPERATION_RATE, key));
        final Double bound =
                given.value(SettingsTable.OPERATION_LOWER_BOUND, of(SettingsTable.OPERATION_LOWER_BOUND, key));
        if (rate == null) {
            given.problem(SettingText.clean(key.toString()) + " needs "
                    + SettingText.clean(of(SettingsTable.OPERATION_RATE, key).toString()) + " as well");
            return words;
        }
        return words.withOperation(operation, new ControlWords.Rate(rate, bound == null ? 0 : bound));
    }

    private static SettingKey of(Setting<?> setting, SettingKey sibling) {
        return new SettingKey(setting, sibling.owner(), sibling.part());
    }
}
