package io.kraken.tracer.bridge.destination;

import java.security.KeyManagementException;
import java.security.Provider;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * An SSL context that gets each engine from a supplier at the time of the connection, so that certificates can change.
 */
final class ForwardingContext extends SSLContext {

    /** Creates an engine; the host is null when it is unknown. */
    interface Engines {
        SSLEngine newEngine(String host, int port);
    }

    /** Supplies the supported parameters, or the default ones. */
    interface Parameters {
        SSLParameters parameters(boolean supported);
    }

    ForwardingContext(Engines engines, Parameters parameters) {
        super(new Spi(engines, parameters), new NoProvider(), "TLS");
    }

    private static final class NoProvider extends Provider {
        private static final long serialVersionUID = 1L;

        NoProvider() {
            super("kraken-tracer", "1", "provides no algorithms");
        }
    }

    private static final class Spi extends SSLContextSpi {
        private final Engines engines;
        private final Parameters parameters;

        Spi(Engines engines, Parameters parameters) {
            this.engines = engines;
            this.parameters = parameters;
        }

        @Override
        protected SSLEngine engineCreateSSLEngine() {
            return engines.newEngine(null, -1);
        }

        @Override
        protected SSLEngine engineCreateSSLEngine(String host, int port) {
            return engines.newEngine(host, port);
        }

        @Override
        protected SSLParameters engineGetDefaultSSLParameters() {
            return parameters.parameters(false);
        }

        @Override
        protected SSLParameters engineGetSupportedSSLParameters() {
            return parameters.parameters(true);
        }

        @Override
        protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
                throws KeyManagementException {
            throw new KeyManagementException("this context is initialised already");
        }

        @Override
        protected SSLSocketFactory engineGetSocketFactory() {
            throw new UnsupportedOperationException("engines only");
        }

        @Override
        protected SSLServerSocketFactory engineGetServerSocketFactory() {
            throw new UnsupportedOperationException("engines only");
        }

        @Override
        protected SSLSessionContext engineGetServerSessionContext() {
            return null;
        }

        @Override
        protected SSLSessionContext engineGetClientSessionContext() {
            return null;
        }
    }
}
