package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.settings.SettingEntry;
import io.kraken.tracer.settings.SettingText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The default destination when none is configured: from OpenTelemetry's {@code OTEL_EXPORTER_OTLP_*} variables. */
final class OtlpEnvironment {

    static final String DESTINATION = "default";

    private static final String COMMON = "OTEL_EXPORTER_OTLP_";
    private static final String TRACES = COMMON + "TRACES_";
    private static final String TRACES_PATH = "/v1/traces";

    private final Map<String, String> variables;
    private final Set<String> problems;
    private final List<SettingEntry> entries = new ArrayList<>();

    private OtlpEnvironment(Map<String, String> variables, Set<String> problems) {
        this.variables = variables;
        this.problems = problems;
    }

    static List<SettingEntry> read(Map<String, String> variables, Set<String> problems) {
        final OtlpEnvironment environment = new OtlpEnvironment(variables, problems);
        environment.endpoint(environment.isHttp());
        environment.headers();
        environment.copy("COMPRESSION", "compression");
        environment.timeout();
        environment.copy("CERTIFICATE", "tls.authorities");
        environment.copy("CLIENT_CERTIFICATE", "tls.certificate");
        environment.copy("CLIENT_KEY", "tls.key");
        return environment.entries;
    }

    /** The variable in force: the one for traces if it is set, else the common one; null: neither is set. */
    private String variable(String name) {
        return isSet(TRACES + name) ? TRACES + name : isSet(COMMON + name) ? COMMON + name : null;
    }

    private boolean isSet(String variable) {
        return !variables.getOrDefault(variable, "").isBlank();
    }

    private void add(String setting, String value, String variable) {
        entries.add(new SettingEntry(SettingKey.DESTINATIONS + DESTINATION + "." + setting, value, variable));
    }

    private void copy(String name, String setting) {
        final String variable = variable(name);
        if (variable != null) {
            add(setting, variables.get(variable).strip(), variable);
        }
    }

    private boolean isHttp() {
        final String variable = variable("PROTOCOL");
        if (variable == null) {
            return false;
        }
        final String protocol = variables.get(variable).strip().toLowerCase(Locale.ROOT);
        final boolean http = protocol.equals("http/protobuf");
        if (!http && !protocol.equals("grpc")) {
            problems.add(variable + " is '" + SettingText.clean(protocol) + "' and should be grpc or http/protobuf");
        }
        add("type", http ? "otlp_http" : "otlp_grpc", variable);
        return http;
    }

    /** The common variable is a base URL, to which the path is appended; the one for traces is used unchanged. */
    private void endpoint(boolean http) {
        final String variable = variable("ENDPOINT");
        if (variable != null) {
            final String url = variables.get(variable).strip();
            final boolean whole = !http || variable.startsWith(TRACES) || url.contains("?");
            add("endpoint", whole ? url : url.replaceFirst("/+$", "") + TRACES_PATH, variable);
        }
    }

    private void headers() {
        final String variable = variable("HEADERS");
        if (variable == null) {
            return;
        }
        for (String pair : variables.get(variable).split(",")) {
            final int equals = pair.indexOf('=');
            if (equals > 0 && !pair.substring(0, equals).isBlank()) {
                add(
                        "headers." + pair.substring(0, equals).strip(),
                        decoded(pair.substring(equals + 1), variable),
                        variable);
            } else if (!pair.isBlank()) {
                problems.add(variable + " should be name=value,name=value (its values are not shown)");
            }
        }
    }

    private String decoded(String value, String variable) {
        try {
            return SettingText.percentDecoded(value.strip());
        } catch (IllegalArgumentException e) {
            problems.add(variable + " has a '%' without two hexadecimal digits after it (its values are not shown)");
            return value.strip();
        }
    }

    /** The timeout, which OpenTelemetry gives in milliseconds without a unit. */
    private void timeout() {
        final String variable = variable("TIMEOUT");
        if (variable != null) {
            add("timeout", SettingText.withUnit(variables.get(variable).strip()), variable);
        }
    }
}
