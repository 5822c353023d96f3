package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.PemFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS configuration of a destination from PEM files that may change while the bridge runs: CA certificates, client
 * certificate and key. At the start of a connection, when the reload interval has passed, the files are checked for
 * changes. Each version of the files has an SSL context of its own, so that no session of the previous version is
 * resumed. Invalid files leave the previous version in use, as in the middle of a rotation, when the key does not match
 * the certificate yet. Thread-safe.
 */
public final class TlsFiles {

    private static final Logger LOG = LoggerFactory.getLogger(TlsFiles.class);

    private final DestinationConfig.Tls tls;
    private final PemFiles files;
    private final SSLContext context = new ForwardingContext(this::newEngine, this::parameters);

    private byte[][] seen;
    private SSLContext current;
    private long nextCheckNs;
    /** The last problem that was logged; null while there is none. */
    private String lastProblem;

    /** @throws IOException when a file is missing or invalid at the start; the message names the file */
    public TlsFiles(DestinationConfig.Tls tls) throws IOException {
        this.tls = tls;
        files = new PemFiles(tls.authorities(), tls.certificate(), tls.key());
        seen = files.read();
        current = files.context(seen);
        nextCheckNs = System.nanoTime() + tls.reloadNs();
    }

    /** Whether connections to a URL are encrypted. */
    static boolean isEncrypted(URI endpoint) {
        final String scheme = endpoint.getScheme().toLowerCase(Locale.ROOT);
        return scheme.equals("https") || scheme.equals("grpcs");
    }

    /** A context that follows changes of the files. */
    public SSLContext context() {
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
        if (nowNs - nextCheckNs >= 0) {
            nextCheckNs = nowNs + tls.reloadNs();
            reload();
        }
        return current;
    }

    private void reload() {
        try {
            final byte[][] found = files.read();
            if (!Arrays.deepEquals(found, seen)) {
                seen = found; // even if they are invalid, so that this is logged once
                current = files.context(found);
                LOG.info("{}: changed, reloaded for new connections", names());
            }
        } catch (IOException e) {
            if (!e.getMessage().equals(lastProblem)) {
                lastProblem = e.getMessage();
                LOG.warn("{}; the previous certificates stay in use", lastProblem);
            }
            return;
        }
        lastProblem = null;
    }

    private String names() {
        final List<Path> names = new ArrayList<>(Arrays.asList(tls.authorities(), tls.certificate(), tls.key()));
        names.removeIf(name -> name == null);
        return names.toString();
    }
}
