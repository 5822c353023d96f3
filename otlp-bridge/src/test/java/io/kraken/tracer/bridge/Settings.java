package io.kraken.tracer.bridge;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.settings.Setting;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;

/** The names of all settings. */
final class Settings {

    private Settings() {}

    static List<String> properties() {
        final List<String> names = new ArrayList<>();
        for (Class<?> holder : List.of(TracerConfig.class, ExportSettings.class)) {
            for (Field field : holder.getFields()) {
                if (field.getType() == Setting.class) {
                    try {
                        names.add(((Setting<?>) field.get(null)).property());
                    } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                    }
                }
            }
        }
        return names;
    }
}
