package io.kraken.tracer;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The resource attributes of this process, part of every span: detected ones, and those in the settings. */
final class ProcessResource {

    private static final String SERVICE_NAME = "service.name";
    private static final String UNKNOWN_SERVICE = "unknown_service:java";

    private final TracerConfig config;
    private final Map<String, String> resource = new LinkedHashMap<>();

    private ProcessResource(TracerConfig config) {
        this.config = config;
    }

    static Map<String, String> of(TracerConfig config) {
        final ProcessResource made = new ProcessResource(config);
        made.fill();
        return made.resource;
    }

    private void fill() {
        resource.put(SERVICE_NAME, UNKNOWN_SERVICE);
        resource.put("host.name", hostName());
        resource.put("process.pid", Long.toString(ProcessHandle.current().pid()));
        resource.put("process.runtime.version", Runtime.version().toString());
        for (String pair : config.get(TracerConfig.RESOURCE_ATTRIBUTES).split(",")) {
            final int at = pair.indexOf('=');
            if (at > 0) {
                putResource(
                        pair.substring(0, at).strip(), pair.substring(at + 1).strip());
            } else if (!pair.isBlank()) {
                config.problem(TracerConfig.RESOURCE_ATTRIBUTES + " has '" + SettingText.clean(pair)
                        + "', which is not key=value; it is ignored");
            }
        }
        final String name = config.get(TracerConfig.SERVICE_NAME).strip();
        final boolean named = !resource.get(SERVICE_NAME).equals(UNKNOWN_SERVICE);
        if (!name.isEmpty()
                && !(named && config.isWeightier(TracerConfig.RESOURCE_ATTRIBUTES, TracerConfig.SERVICE_NAME))) {
            resource.put(SERVICE_NAME, name);
        } else if (resource.get(SERVICE_NAME).isBlank()) {
            resource.put(SERVICE_NAME, UNKNOWN_SERVICE);
        }
        final String version = Tracer.class.getPackage().getImplementationVersion();
        resource.put("telemetry.sdk.name", "kraken-tracer");
        resource.put("telemetry.sdk.language", "java");
        resource.put("telemetry.sdk.version", version == null ? "development" : version);
    }

    private void putResource(String key, String value) {
        try {
            resource.put(key, URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            config.problem(TracerConfig.RESOURCE_ATTRIBUTES + " has a value for '" + SettingText.clean(key)
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
