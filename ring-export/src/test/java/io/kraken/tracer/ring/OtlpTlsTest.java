package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests export over TLS: trust stores and client certificates. */
class OtlpTlsTest {

    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private static Path folder;

    private static SSLContext backendsTls;

    /** Creates keys of a backend and a client that trust each other only. */
    @BeforeAll
    static void makeKeys() throws IOException, InterruptedException, GeneralSecurityException {
        final KeyStore backend = newKey("backend");
        final KeyStore client = newKey("client");
        final KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(backend, PASSWORD);
        client.setCertificateEntry("believed", client.getCertificate("client"));
        final TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(client);
        backendsTls = SSLContext.getInstance("TLS");
        backendsTls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        Files.writeString(folder.resolve("not.pem"), "-----BEGIN CERTIFICATE-----\n%%%\n");
    }

    /** Creates a key; its certificate and key are also written to PEM files of the same name. */
    private static KeyStore newKey(String name) throws IOException, InterruptedException, GeneralSecurityException {
        final Path file = folder.resolve(name + ".p12");
        final String options = "-genkeypair -alias " + name + " -keyalg EC -dname CN=" + name
                + " -ext san=ip:127.0.0.1 -storetype PKCS12 -storepass " + new String(PASSWORD) + " -keystore";
        final ProcessBuilder keytool = new ProcessBuilder(options.split(" "));
        keytool.command()
                .add(
                        0,
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString());
        keytool.command().add(file.toString());
        final Process process = keytool.redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        final KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD);
        write(name + ".pem", "CERTIFICATE", store.getCertificate(name).getEncoded());
        write(name + ".key", "PRIVATE KEY", store.getKey(name, PASSWORD).getEncoded());
        return store;
    }

    private static void write(String file, String label, byte[] bytes) throws IOException {
        final String base64 = Base64.getMimeEncoder().encodeToString(bytes);
        Files.writeString(
                folder.resolve(file), "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n");
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
