package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.otlp.PemFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
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

    private final DestinationConfig.Tls tls;
    private final PemFiles files;
    private final SSLContext context = new ForwardingContext(this::newEngine, this::parameters);

    private byte[][] seen;
    private SSLContext current;
    private long lookAgainNs;
    /** Logged already; null while all is well. */
    private String complaint;

    /** @throws IOException when there is nothing to begin with; the message names the file */
    TlsFiles(DestinationConfig.Tls tls) throws IOException {
        this.tls = tls;
        files = new PemFiles(tls.authorities(), tls.certificate(), tls.key());
        seen = files.read();
        current = files.context(seen);
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
            final byte[][] found = files.read();
            if (!Arrays.deepEquals(found, seen)) {
                seen = found; // even when they are of no use: they are complained about once
                current = files.context(found);
                LOG.info("{}: changed, reloaded for new connections", names());
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
}
