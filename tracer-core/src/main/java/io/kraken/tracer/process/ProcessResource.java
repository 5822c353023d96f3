package io.kraken.tracer.process;

import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingProblems;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The resource attributes of this process, part of every span: detected ones, and those in the settings. */
public final class ProcessResource {

    private static final String SERVICE_NAME = "service.name";
    private static final String UNKNOWN_SERVICE = "unknown_service:java";

    private final Setting<String> setting;
    private final SettingProblems problems;
    private final Map<String, String> resource = new LinkedHashMap<>();

    /** @param setting the setting with the attributes, for display */
    public ProcessResource(Setting<String> setting, SettingProblems problems) {
        this.setting = setting;
        this.problems = problems;
    }

    /**
     * The attributes of this process.
     *
     * @param attributes {@code key=value,...}, values percent-encoded
     * @param serviceName empty if not set
     * @param attributesFirst whether a service name among the attributes takes precedence
     * @param version of the tracer; null if unknown
     */
    public Map<String, String> of(String attributes, String serviceName, boolean attributesFirst, String version) {
        resource.put(SERVICE_NAME, UNKNOWN_SERVICE);
        resource.put("host.name", hostName());
        resource.put("process.pid", Long.toString(ProcessHandle.current().pid()));
        resource.put("process.runtime.version", Runtime.version().toString());
        for (String pair : attributes.split(",")) {
            final int at = pair.indexOf('=');
            if (at > 0) {
                putResource(
                        pair.substring(0, at).strip(), pair.substring(at + 1).strip());
            } else if (!pair.isBlank()) {
                problems.problem(
                        setting + " has '" + SettingText.clean(pair) + "', which is not key=value; it is ignored");
            }
        }
        final String name = serviceName.strip();
        final boolean named = !resource.get(SERVICE_NAME).equals(UNKNOWN_SERVICE);
        if (!name.isEmpty() && !(named && attributesFirst)) {
            resource.put(SERVICE_NAME, name);
        } else if (resource.get(SERVICE_NAME).isBlank()) {
            resource.put(SERVICE_NAME, UNKNOWN_SERVICE);
        }
        resource.put("telemetry.sdk.name", "kraken-tracer");
        resource.put("telemetry.sdk.language", "java");
        resource.put("telemetry.sdk.version", version == null ? "development" : version);
        return resource;
    }

    private void putResource(String key, String value) {
        try {
            resource.put(key, SettingText.percentDecoded(value));
        } catch (IllegalArgumentException e) {
            problems.problem(setting + " has a value for '" + SettingText.clean(key)
                    + "' that is not percent-encoded; it is taken as it is");
            resource.put(key, value);
        }
    }

    private static String hostName() {
        final String given = System.getenv("HOSTNAME");
        if (given != null && !given.isBlank()) {
            return given;
        }
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException | RuntimeException e) {
            return "localhost";
        }
    }
}
