package io.kraken.tracer.ring.otlp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * PEM files for TLS.
 *
 * @param authorities CA certificates; null for the JVM's trust store
 * @param certificate client certificate and its chain; null for none
 * @param key key of the client certificate, PKCS #8; null for none
 */
public record PemFiles(Path authorities, Path certificate, Path key) {

    private static final int LONGEST_FILE = 1 << 20;
    private static final String ALIAS = "own";
    private static final byte[] NONE = {};

    /**
     * The current contents of the three files.
     *
     * @throws IOException when one can't be read; the message names it
     */
    byte[][] read() throws IOException {
        return new byte[][] {read(authorities), read(certificate), read(key)};
    }

    /** The files, for log lines. */
    String names() {
        return Stream.of(authorities, certificate, key)
                .filter(Objects::nonNull)
                .toList()
                .toString();
    }

    private static byte[] read(Path file) throws IOException {
        if (file == null) {
            return NONE;
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(file + " is not a file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            final byte[] bytes = in.readNBytes(LONGEST_FILE + 1);
            if (bytes.length > LONGEST_FILE) {
                throw new IOException(file + " is longer than 1 MiB, the maximum for a PEM file");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist", e);
        } catch (AccessDeniedException e) {
            throw new IOException(file + " can't be read: permission denied", e);
        }
    }

    /**
     * Creates a TLS context from the contents that {@link #read} returned.
     *
     * @throws IOException when the contents are unusable; the message names the file and contains none of its bytes
     */
    SSLContext context(byte[][] contents) throws IOException {
        try {
            final SSLContext made = SSLContext.getInstance("TLS");
            made.init(
                    certificate == null ? null : keyManagers(contents[1], contents[2]),
                    authorities == null ? null : trustManagers(contents[0]),
                    null);
            return made;
        } catch (GeneralSecurityException e) {
            throw new IOException("setting up TLS failed: " + e, e);
        }
    }

    private TrustManager[] trustManagers(byte[] content) throws IOException {
        try {
            final KeyStore store = emptyStore();
            int count = 0;
            for (Certificate certificate : Pem.certificates(content)) {
                store.setCertificateEntry("authority" + count++, certificate);
            }
            final TrustManagerFactory factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException | RuntimeException e) {
            throw problem(authorities, e);
        }
    }

    private KeyManager[] keyManagers(byte[] chainContent, byte[] keyContent) throws IOException {
        final Certificate[] chain;
        try {
            chain = Pem.certificates(chainContent).toArray(new Certificate[0]);
        } catch (GeneralSecurityException | RuntimeException e) {
            throw problem(certificate, e);
        }
        try {
            final PrivateKey secret = Pem.key(keyContent);
            if (!isPair(secret, chain[0].getPublicKey())) {
                throw new GeneralSecurityException("the private key is not that of the certificate in " + certificate);
            }
            final KeyStore store = emptyStore();
            store.setKeyEntry(ALIAS, secret, new char[0], chain);
            final KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, new char[0]);
            return factory.getKeyManagers();
        } catch (GeneralSecurityException | RuntimeException e) {
            throw problem(key, e);
        }
    }

    private static IOException problem(Path file, Exception e) {
        return new IOException(file + " can't be used: " + (e.getMessage() == null ? e : e.getMessage()), e);
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        final KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    private static boolean isPair(PrivateKey secret, PublicKey open) throws GeneralSecurityException {
        final String kind = open.getAlgorithm();
        if (!kind.equals(secret.getAlgorithm())) {
            return false;
        }
        final Signature signature = Signature.getInstance(
                switch (kind) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> kind;
                });
        signature.initSign(secret);
        signature.update((byte) 1);
        final byte[] signed = signature.sign();
        signature.initVerify(open);
        signature.update((byte) 1);
        return signature.verify(signed);
    }
}
