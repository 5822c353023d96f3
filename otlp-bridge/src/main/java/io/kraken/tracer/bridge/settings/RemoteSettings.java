package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.BridgeSetting.Key;
import io.kraken.tracer.bridge.settings.DestinationConfig.Tls;
import java.net.URI;
import java.util.List;

/** The reader of the remote sampling settings; it checks that they are consistent. */
final class RemoteSettings {

    private static final int HTTP_PORT = 5778;
    private static final int GRPC_PORT = 14250;
    private static final String PATH = "/sampling";

    private static final List<BridgeSetting<?>> OF_TLS = List.of(
            SettingsTable.REMOTE_AUTHORITIES,
            SettingsTable.REMOTE_CERTIFICATE,
            SettingsTable.REMOTE_KEY,
            SettingsTable.REMOTE_SERVER_NAME,
            SettingsTable.REMOTE_RELOAD);

    private static final List<BridgeSetting<?>> OF_ASKING =
            List.of(SettingsTable.REMOTE_INTERVAL, SettingsTable.REMOTE_TIMEOUT);

    private RemoteSettings() {}

    /** Null without remote sampling. */
    static ControlConfig.Remote read(GivenSettings given) {
        final long intervalNs = given.value(SettingsTable.REMOTE_INTERVAL);
        final long timeoutNs = given.value(SettingsTable.REMOTE_TIMEOUT);
        final URI endpoint = given.value(SettingsTable.REMOTE_ENDPOINT)
                .map(RemoteSettings::complete)
                .orElse(null);
        final Tls tls = tls(given, endpoint);
        return endpoint == null ? null : new ControlConfig.Remote(endpoint, intervalNs, timeoutNs, tls);
    }

    private static URI complete(URI uri) {
        final boolean grpc = ControlConfig.Remote.isGrpc(uri);
        final int port = uri.getPort() >= 0 ? uri.getPort() : grpc ? GRPC_PORT : HTTP_PORT;
        final String path = grpc ? "" : uri.getRawPath().length() > 1 ? uri.getRawPath() : PATH;
        return URI.create(uri.getScheme() + "://" + uri.getHost() + ":" + port + path);
    }

    private static Tls tls(GivenSettings given, URI endpoint) {
        if (endpoint == null || !endpoint.getScheme().endsWith("s")) {
            for (BridgeSetting<?> setting : OF_TLS) {
                if (isGiven(given, setting)) {
                    given.problem(setting.name() + " is for endpoints that begin with https:// or grpcs://, but is"
                            + " given in " + given.origin(new Key(setting, null, null)));
                }
            }
            return null;
        }
        if (isGiven(given, SettingsTable.REMOTE_CERTIFICATE) != isGiven(given, SettingsTable.REMOTE_KEY)) {
            given.problem(SettingsTable.REMOTE_CERTIFICATE.name() + " and " + SettingsTable.REMOTE_KEY.name()
                    + " must be given together, but only one is");
        }
        if (isGiven(given, SettingsTable.REMOTE_SERVER_NAME) && !ControlConfig.Remote.isGrpc(endpoint)) {
            given.problem(SettingsTable.REMOTE_SERVER_NAME.name() + " " + SettingsTable.ONLY_GRPC + ", but is given in "
                    + given.origin(new Key(SettingsTable.REMOTE_SERVER_NAME, null, null)));
        }
        return new Tls(
                given.value(SettingsTable.REMOTE_AUTHORITIES),
                given.value(SettingsTable.REMOTE_CERTIFICATE),
                given.value(SettingsTable.REMOTE_KEY),
                given.value(SettingsTable.REMOTE_SERVER_NAME),
                given.value(SettingsTable.REMOTE_RELOAD));
    }

    /** Whether a setting is in use; others are not shown. */
    static boolean isUsed(BridgeSetting<?> setting, ControlConfig.Remote remote) {
        return OF_TLS.contains(setting)
                ? remote != null && remote.tls() != null
                : !OF_ASKING.contains(setting) || remote != null;
    }

    private static boolean isGiven(GivenSettings given, BridgeSetting<?> setting) {
        return given.isGiven(new Key(setting, null, null));
    }
}
