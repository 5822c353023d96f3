package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.otlp.LineFile;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.PemFiles;
import io.kraken.tracer.ring.otlp.TlsFiles;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The factory of destinations. */
public final class Destinations {

    private static final Logger LOG = LoggerFactory.getLogger(Destinations.class);

    public interface Opener {
        Destination open(DestinationConfig config) throws IOException;
    }

    private Destinations() {}

    /**
     * Does not connect yet: a destination that is down only fails requests, which are retried.
     *
     * @throws IOException when a required file cannot be used; the message names the file
     * @throws IllegalArgumentException when a setting cannot be used; the message names it and contains no secret
     */
    public static Destination open(DestinationConfig config) throws IOException {
        switch (config.type()) {
            case OTLP_GRPC:
                return new Destination(config, new DocumentEncoder(), new GrpcTransport(config));
            case OTLP_HTTP:
                return new Destination(
                        config,
                        new DocumentEncoder(config.gzip()),
                        new OtlpHttp(config.endpoint(), config.headers(), config.gzip(), tls(config.tls())));
            default:
                return new Destination(
                        config,
                        new JsonLines(),
                        new FileTransport(
                                new LineFile(config.file().path(), config.file().mostBytes())));
        }
    }

    /** @param tls null, as the result is then: without encryption, and when the JVM's default TLS settings apply */
    public static TlsFiles tls(DestinationConfig.Tls tls) throws IOException {
        return tls == null
                ? null
                : new TlsFiles(
                        new PemFiles(tls.authorities(), tls.certificate(), tls.key()),
                        tls.reloadNs(),
                        LOG::info,
                        LOG::warn);
    }
}
