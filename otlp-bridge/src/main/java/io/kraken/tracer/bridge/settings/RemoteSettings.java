package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.DestinationConfig.Tls;
import io.kraken.tracer.settings.Setting;
import java.net.URI;
import java.util.List;

/** The reader of the remote sampling settings; it checks that they are consistent. */
final class RemoteSettings {

    private static final int HTTP_PORT = 5778;
    private static final int GRPC_PORT = 14250;
    private static final String PATH = "/sampling";

    private static final List<Setting<?>> OF_ASKING =
            List.of(SettingsTable.REMOTE_INTERVAL, SettingsTable.REMOTE_TIMEOUT);

    private RemoteSettings() {}

    /** Null without remote sampling. */
    static ControlConfig.Remote read(GivenSettings given) {
        final long intervalNs = given.nanos(SettingsTable.REMOTE_INTERVAL);
        final long timeoutNs = given.nanos(SettingsTable.REMOTE_TIMEOUT);
        final URI endpoint = given.value(SettingsTable.REMOTE_ENDPOINT)
                .map(RemoteSettings::complete)
                .orElse(null);
        final Tls tls = SettingsTable.REMOTE_TLS.read(
                given,
                null,
                endpoint != null && endpoint.getScheme().endsWith("s"),
                endpoint != null && ControlConfig.Remote.isGrpc(endpoint),
                "https:// or grpcs://");
        return endpoint == null ? null : new ControlConfig.Remote(endpoint, intervalNs, timeoutNs, tls);
    }

    private static URI complete(URI uri) {
        final boolean grpc = ControlConfig.Remote.isGrpc(uri);
        final int port = uri.getPort() >= 0 ? uri.getPort() : grpc ? GRPC_PORT : HTTP_PORT;
        final String path = grpc ? "" : uri.getRawPath().length() > 1 ? uri.getRawPath() : PATH;
        return URI.create(uri.getScheme() + "://" + uri.getHost() + ":" + port + path);
    }

    /** Whether a setting is in use; others are not shown. */
    static boolean isUsed(Setting<?> setting, ControlConfig.Remote remote) {
        return SettingsTable.REMOTE_TLS.all().contains(setting)
                ? remote != null && remote.tls() != null
                : !OF_ASKING.contains(setting) || remote != null;
    }
}
