package io.kraken.tracer.bridge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whom a destination believes and who we are, from PEM files that may change while we run. Whoever begins a connection
 * looks, when it is time, whether they have; each version of the files has a context of its own, so that no session of
 * the one before is resumed. Files that can't be used leave the version before in force: half a rotation, a key that
 * does not belong to the certificate, is waited out. Any thread may ask.
 */
final class TlsFiles {

    private static final Logger LOG = LoggerFactory.getLogger(TlsFiles.class);
    private static final int LONGEST_FILE = 1 << 20;
    private static final String ALIAS = "own";
    private static final byte[] NONE = {};

    private final DestinationConfig.Tls tls;
    private final SSLContext context = new ForwardingContext(this::newEngine, this::parameters);

    private byte[][] seen;
    private SSLContext current;
    private long lookAgainNs;
    /** Logged already; null while all is well. */
    private String complaint;

    /** @throws IOException when there is nothing to begin with; the message names the file */
    TlsFiles(DestinationConfig.Tls tls) throws IOException {
        this.tls = tls;
        seen = read();
        current = contextOf(seen);
        lookAgainNs = System.nanoTime() + tls.reloadNs();
    }

    /** Follows the files. */
    SSLContext context() {
        return context;
    }

    private SSLEngine newEngine(String host, int port) {
        if (tls.serverName() != null) {
            return new NamedEngine(current().createSSLEngine(tls.serverName(), port), tls.serverName());
        }
        return host == null ? current().createSSLEngine() : current().createSSLEngine(host, port);
    }

    private SSLParameters parameters(boolean supported) {
        return supported ? current().getSupportedSSLParameters() : current().getDefaultSSLParameters();
    }

    private synchronized SSLContext current() {
        final long nowNs = System.nanoTime();
        if (nowNs - lookAgainNs >= 0) {
            lookAgainNs = nowNs + tls.reloadNs();
            reload();
        }
        return current;
    }

    private void reload() {
        try {
            final byte[][] found = read();
            if (!Arrays.deepEquals(found, seen)) {
                seen = found; // even when they are of no use: they are complained about once
                current = contextOf(found);
                LOG.info("{}: changed, new connections use what is in there now", names());
            }
        } catch (IOException e) {
            if (!e.getMessage().equals(complaint)) {
                complaint = e.getMessage();
                LOG.warn("{}; the files before stay in use", complaint);
            }
            return;
        }
        complaint = null;
    }

    private String names() {
        final List<Path> names = new ArrayList<>(Arrays.asList(tls.authorities(), tls.certificate(), tls.key()));
        names.removeIf(name -> name == null);
        return names.toString();
    }

    private byte[][] read() throws IOException {
        return new byte[][] {read(tls.authorities()), read(tls.certificate()), read(tls.key())};
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
                throw new IOException(file + " is longer than any PEM file of certificates, 1 MiB");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist", e);
        }
    }

    private SSLContext contextOf(byte[][] files) throws IOException {
        try {
            final SSLContext made = SSLContext.getInstance("TLS");
            made.init(
                    tls.certificate() == null ? null : keyManagers(files[1], files[2]),
                    tls.authorities() == null ? null : trustManagers(files[0]),
                    null);
            return made;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS can't be set up: " + e, e);
        }
    }

    private TrustManager[] trustManagers(byte[] authorities) throws IOException {
        try {
            final KeyStore store = emptyStore();
            int count = 0;
            for (Certificate certificate : Pem.certificates(authorities)) {
                store.setCertificateEntry("authority" + count++, certificate);
            }
            final TrustManagerFactory factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException | RuntimeException e) {
            throw problem(tls.authorities(), e);
        }
    }

    private KeyManager[] keyManagers(byte[] certificate, byte[] key) throws IOException {
        final Certificate[] chain;
        try {
            chain = Pem.certificates(certificate).toArray(new Certificate[0]);
        } catch (GeneralSecurityException | RuntimeException e) {
            throw problem(tls.certificate(), e);
        }
        try {
            final PrivateKey secret = Pem.key(key);
            if (!belongTogether(secret, chain[0].getPublicKey())) {
                throw new GeneralSecurityException("its key is not that of the certificate in " + tls.certificate());
            }
            final KeyStore store = emptyStore();
            store.setKeyEntry(ALIAS, secret, new char[0], chain);
            final KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, new char[0]);
            return factory.getKeyManagers();
        } catch (GeneralSecurityException | RuntimeException e) {
            throw problem(tls.key(), e);
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

    private static boolean belongTogether(PrivateKey secret, PublicKey open) throws GeneralSecurityException {
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
