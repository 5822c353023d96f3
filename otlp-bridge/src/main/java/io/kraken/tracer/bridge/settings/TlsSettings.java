package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.DestinationConfig.Tls;
import io.kraken.tracer.settings.Setting;
import io.kraken.tracer.settings.SettingType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The settings of TLS to one kind of server, and their reader. */
final class TlsSettings {

    private static final String ONLY_GRPC =
            "is for gRPC; with HTTP, the server's certificate must have the host of the URL";

    private final Setting<Path> authorities;
    private final Setting<Path> certificate;
    private final Setting<Path> key;
    private final Setting<String> serverName;
    private final Setting<Duration> reload;

    /** Adds the settings to the table. */
    TlsSettings(String prefix) {
        authorities = SettingsTable.row(
                prefix + "authorities",
                BridgeTypes.READABLE,
                "",
                "CA certificates, PEM; default: the JVM's trust store");
        certificate = SettingsTable.row(
                prefix + "certificate", BridgeTypes.READABLE, "", "client certificate and its chain, PEM");
        key = SettingsTable.row(
                prefix + "key", BridgeTypes.READABLE, "", "key of the client certificate, PEM, PKCS #8, not encrypted");
        serverName = SettingsTable.row(
                prefix + "server_name",
                BridgeTypes.HOST_NAME,
                "",
                "host name expected in the certificate of a gRPC server; default: the host of the URL");
        reload = SettingsTable.row(
                prefix + "reload",
                SettingType.duration("1s", "24h"),
                "10s",
                "interval of checks whether the files have changed");
    }

    List<Setting<?>> all() {
        return List.of(authorities, certificate, key, serverName, reload);
    }

    /**
     * Checks that the settings are consistent.
     *
     * @param owner the destination; null for settings of the bridge
     * @param used whether the endpoint uses TLS; otherwise settings are refused, and the result is null
     * @param grpc whether the endpoint is one of gRPC: the JDK's HTTP client always expects the host of the URL
     * @param schemes those of endpoints with TLS, for messages
     */
    Tls read(GivenSettings given, String owner, boolean used, boolean grpc, String schemes) {
        if (!used) {
            given.refuse(all(), owner, "is for endpoints that begin with " + schemes);
            return null;
        }
        if (!grpc) {
            given.refuse(List.of(serverName), owner, ONLY_GRPC);
        }
        final SettingKey ofCertificate = SettingKey.of(certificate, owner);
        final SettingKey ofKey = SettingKey.of(key, owner);
        if (given.isGiven(ofCertificate) != given.isGiven(ofKey)) {
            given.problem(ofCertificate + " and " + ofKey + " must be given together, but only one is");
        }
        return new Tls(
                given.value(authorities, owner),
                given.value(certificate, owner),
                given.value(key, owner),
                given.value(serverName, owner),
                given.nanos(reload, owner));
    }
}
