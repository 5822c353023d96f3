package io.kraken.tracer.ring.otlp;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/**
 * The TLS configuration of a client from PEM files that may change while the process runs. The files are checked for
 * changes when the context is requested and the reload interval has passed. Each version of the files has an SSL
 * context of its own, so that no session of the previous version is resumed. Invalid files leave the previous version
 * in use, as in the middle of a rotation, when the key does not match the certificate yet. Used by one thread.
 */
public final class TlsFiles {

    private final PemFiles files;
    private final long reloadNs;
    private final Consumer<String> info;
    private final Consumer<String> warning;

    private byte[][] seen;
    private SSLContext current;
    private long nextCheckNs;
    /** The last problem that was logged; null while there is none. */
    private String lastProblem;

    /**
     * @param info log of successful reloads
     * @param warning log of failed ones
     * @throws IOException when a file is missing or invalid at the start; the message names the file
     */
    public TlsFiles(PemFiles files, long reloadNs, Consumer<String> info, Consumer<String> warning) throws IOException {
        this.files = files;
        this.reloadNs = reloadNs;
        this.info = info;
        this.warning = warning;
        seen = files.read();
        current = files.context(seen);
        nextCheckNs = System.nanoTime() + reloadNs;
    }

    /** The context of the newest valid files; another one once they have changed. */
    public SSLContext context() {
        final long nowNs = System.nanoTime();
        if (nowNs - nextCheckNs >= 0) {
            nextCheckNs = nowNs + reloadNs;
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
                info.accept(files.names() + ": changed, used for new connections");
            }
        } catch (IOException e) {
            if (!e.getMessage().equals(lastProblem)) {
                lastProblem = e.getMessage();
                warning.accept(lastProblem + "; the previous certificates stay in use");
            }
            return;
        }
        lastProblem = null;
    }
}
