package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {

    private static List<Certificates> all;

    @TempDir
    Path directory;

    private final List<String> log = new ArrayList<>();
    private Path authorities;
    private Path certificate;
    private Path key;

    @BeforeAll
    static void makeCertificates(@TempDir Path made) {
        all = List.of(
                Certificates.make(made, "one", "RSA", "dns:one.example"),
                Certificates.make(made, "two", "EC", "dns:two.example"),
                Certificates.make(made, "three", "Ed25519", "dns:three.example"));
    }

    @BeforeEach
    void write() throws IOException {
        authorities = Files.writeString(
                directory.resolve("authorities.pem"),
                all.get(0).certificatePem() + all.get(1).certificatePem());
        certificate = directory.resolve("certificate.pem");
        key = directory.resolve("key.pem");
        hold(all.get(0));
    }

    private void hold(Certificates own) throws IOException {
        Files.writeString(certificate, own.certificatePem());
        Files.writeString(key, own.keyPem());
    }

    private TlsFiles load() throws IOException {
        return new TlsFiles(new PemFiles(authorities, certificate, key), 0, log::add, log::add);
    }

    private void isRefused(Path culprit, String why) {
        final IOException refusal = assertThrows(IOException.class, this::load);
        assertTrue(refusal.getMessage().startsWith(culprit.toString()), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
    }

    @Test
    void readsKeysOfEveryAlgorithm() throws IOException {
        for (Certificates own : all) {
            hold(own);
            assertNotNull(load().context().createSSLEngine("localhost", 1));
        }
    }

    @Test
    void usesTheJvmsDefaultsIfNotConfigured() throws IOException {
        final TlsFiles files = new TlsFiles(new PemFiles(null, null, null), 0, log::add, log::add);
        assertNotNull(files.context().createSSLEngine("localhost", 1));
        assertTrue(files.context().getDefaultSSLParameters().getProtocols().length > 0);
    }

    @Test
    void namesTheInvalidFile() throws IOException {
        Files.delete(key);
        isRefused(key, "does not exist");
        Files.createDirectory(key);
        isRefused(key, "is not a file");
        Files.delete(key);
        Files.write(key, new byte[(1 << 20) + 1]);
        isRefused(key, "longer than");
        Files.writeString(key, "");
        isRefused(key, "no private key");
        Files.writeString(key, all.get(1).keyPem());
        isRefused(key, "not that of the certificate");
        Files.writeString(certificate, "nothing");
        isRefused(certificate, "no certificate");
        hold(all.get(0));
        Files.writeString(authorities, "-----BEGIN CERTIFICATE-----\nAAAA");
        isRefused(authorities, "no end");
    }

    @Test
    void namesUnsupportedKeyFormats() throws IOException {
        final byte[] bytes = "secret".getBytes(StandardCharsets.US_ASCII);
        Files.writeString(key, Certificates.pem("RSA PRIVATE KEY", bytes));
        isRefused(key, "PKCS #8");
        Files.writeString(key, Certificates.pem("ENCRYPTED PRIVATE KEY", bytes));
        isRefused(key, "encrypted");
        Files.writeString(key, Certificates.pem("PRIVATE KEY", bytes));
        isRefused(key, "damaged");
        Files.writeString(key, "-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n");
        isRefused(key, "not valid base64");
        Files.writeString(authorities, Certificates.pem("CERTIFICATE", bytes));
        final IOException refusal = assertThrows(IOException.class, this::load);
        assertFalse(refusal.toString().contains("secret"), refusal.toString());
    }

    @Test
    void refusesOrToleratesAnyTruncationOrChange() throws IOException {
        final String whole = all.get(1).certificatePem();
        for (int length = 0; length < whole.indexOf("-----END"); length += 7) {
            Files.writeString(authorities, whole.substring(0, length));
            assertThrows(IOException.class, this::load, "cut to " + length);
        }
        int refused = 0;
        for (int at = 0; at < whole.length(); at += 5) {
            final StringBuilder changed = new StringBuilder(whole);
            changed.setCharAt(at, '\u00ff');
            Files.writeString(authorities, changed);
            try {
                load();
            } catch (IOException e) {
                assertTrue(e.getMessage().contains(authorities.toString()), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > 10, "refused " + refused);
    }

    @Test
    void keepsThePreviousFilesIfTheNewOnesAreInvalid() throws IOException {
        final TlsFiles files = load();
        final SSLContext before = files.context();
        Files.writeString(certificate, "broken");
        for (int i = 0; i < 3; i++) {
            assertSame(before, files.context());
        }
        assertEquals(
                List.of(certificate
                        + " can't be used: it contains no certificate; the previous certificates stay in use"),
                log);
        Files.delete(authorities);
        assertSame(before, files.context());
        assertTrue(log.get(1).startsWith(authorities + " does not exist"), log.get(1));
    }

    @Test
    void makesANewContextOnceTheKeyMatchesTheCertificate() throws IOException {
        final TlsFiles files = load();
        final SSLContext before = files.context();
        Files.writeString(key, all.get(1).keyPem());
        assertSame(before, files.context(), "in the middle of a rotation");
        hold(all.get(1));
        final SSLContext after = files.context();
        assertNotSame(before, after);
        assertSame(after, files.context());
        assertEquals(
                List.of(authorities, certificate, key) + ": changed, used for new connections",
                log.get(log.size() - 1));
    }

    @Test
    void checksTheFilesAtTheInterval() throws IOException {
        final TlsFiles files = new TlsFiles(
                new PemFiles(authorities, certificate, key), TimeUnit.HOURS.toNanos(1), log::add, log::add);
        final SSLContext before = files.context();
        hold(all.get(1));
        assertSame(before, files.context());
    }
}
