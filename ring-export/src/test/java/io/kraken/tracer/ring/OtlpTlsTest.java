package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.otlp.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests export over TLS: trust stores and client certificates. */
class OtlpTlsTest {

    @TempDir
    private static Path folder;

    private static SSLContext backendsTls;

    /** Creates keys of a backend and a client that trust each other only. */
    @BeforeAll
    static void makeKeys() throws IOException {
        final Certificates client = make("client");
        backendsTls = make("backend").context(client);
        Files.writeString(folder.resolve("not.pem"), "-----BEGIN CERTIFICATE-----\n%%%\n");
    }

    /** Creates a key; its certificate and key are also written to PEM files of the same name. */
    private static Certificates make(String name) throws IOException {
        final Certificates made = Certificates.make(folder, name, "EC", "ip:127.0.0.1");
        Files.writeString(folder.resolve(name + ".pem"), made.certificatePem());
        Files.writeString(folder.resolve(name + ".key"), made.keyPem());
        return made;
    }

    private static String in(String file) {
        return file == null ? "" : folder.resolve(file).toString();
    }

    private static TracerConfig settings(OtlpBackend backend, String authorities, String certificate, String key) {
        return Rig.settings()
                .with(ExportSettings.OTLP_ENDPOINT, backend.address())
                .with(ExportSettings.OTLP_CERTIFICATE, in(authorities))
                .with(ExportSettings.OTLP_CLIENT_CERTIFICATE, in(certificate))
                .with(ExportSettings.OTLP_CLIENT_KEY, in(key));
    }

    @Test
    void exportsWhenBothSidesTrustEachOther() {
        try (OtlpBackend backend = new OtlpBackend(backendsTls);
                Rig rig = new Rig(OtlpHttpSink::new, settings(backend, "backend.pem", "client.pem", "client.key"))) {
            rig.record(5).doWork();
            rig.until(() -> rig.ledger().buffered() == 0);
            assertEquals(10, rig.count(Counter.SHIPPED));
            assertEquals(10, backend.spans());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "client.pem, client.pem, client.key", // not the backend's certificate
        ",           client.pem, client.key", // not in the JVM's trust store
        "backend.pem,,", // the backend requires a client certificate
    })
    void sendsNothingWithoutMutualTrust(String authorities, String certificate, String key) {
        try (OtlpBackend backend = new OtlpBackend(backendsTls)) {
            final TracerConfig settings =
                    settings(backend, authorities, certificate, key).with(ExportSettings.OTLP_ATTEMPTS, 1);
            try (Rig rig = new Rig(OtlpHttpSink::new, settings)) {
                rig.record(5).doWork();
                rig.until(() -> rig.ledger().buffered() == 0);
                assertEquals(10, rig.count(Counter.RETRIES_EXHAUSTED));
                assertEquals(0, backend.spans());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "absent.pem, client.pem, client.key, absent.pem does not exist",
        "not.pem, client.pem, client.key, not.pem can't be used: a PEM block has no end line",
        "backend.key, client.pem, client.key, backend.key can't be used: it contains no certificate",
        ", client.pem, backend.key, backend.key can't be used: the private key is not that of the certificate in",
        ", client.pem, client.pem, client.pem can't be used: it contains no private key",
        ", client.pem,, client.certificate and kraken.tracer.otlp.client.key must be set together",
        ", , client.key, client.certificate and kraken.tracer.otlp.client.key must be set together",
        "., , , is not a file"
    })
    void unusableFileGivesWarning(String authorities, String certificate, String key, String warning) {
        try (OtlpBackend backend = new OtlpBackend(backendsTls)) {
            final TracerConfig settings = settings(backend, authorities, certificate, key);
            try (Rig rig = new Rig(OtlpHttpSink::new, settings)) {
                assertEquals(
                        1, settings.warnings().size(), () -> settings.warnings().toString());
                assertTrue(
                        settings.warnings().get(0).contains(warning),
                        settings.warnings().get(0));
                assertTrue(rig.tracer.describe().contains(settings.warnings().get(0)), rig.tracer.describe());
            }
        }
    }
}
