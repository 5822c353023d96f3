package io.kraken.tracer.bridge.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.Waiting;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.Certificates;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import io.kraken.tracer.ring.otlp.Transport.Exchange;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the behaviour that all network destinations have in common. */
abstract class NetworkDestinationContract<B extends Backend> extends DestinationContract {

    /** Of the server at its address. */
    private static Certificates server;
    /** Of a server with another name. */
    static Certificates elsewhere;

    static Certificates client;
    private static Certificates other;

    B backend;

    @BeforeAll
    static void makeCertificates(@TempDir Path made) {
        server = Certificates.make(made, "server", "EC", "ip:127.0.0.1");
        elsewhere = Certificates.make(made, "elsewhere", "EC", "dns:traces.example");
        client = Certificates.make(made, "client", "RSA", "dns:bridge.example");
        other = Certificates.make(made, "other", "Ed25519", "dns:bridge.example");
    }

    abstract DestinationConfig.Type type();

    abstract B backend(int port, Certificates own, Certificates peer) throws IOException;

    /** Makes the server not answer the next request. */
    abstract void beSilent();

    /** Makes the server answer the next request with a partial success. */
    abstract void bePartial(long rejected, String message);

    DestinationConfig config(String scheme, int port) {
        return new DestinationConfig(
                "test",
                type(),
                URI.create(scheme + "://127.0.0.1:" + port),
                Map.of("x-tenant", "one"),
                false,
                TIMEOUT_NS,
                2,
                REQUEST_BYTES,
                new DestinationConfig.Retry(1, 1),
                null,
                null);
    }

    static DestinationConfig with(DestinationConfig config, boolean gzip, Map<String, String> headers) {
        return new DestinationConfig(
                config.name(),
                config.type(),
                config.endpoint(),
                headers,
                gzip,
                config.timeoutNs(),
                config.requests(),
                config.requestBytes(),
                config.retry(),
                config.tls(),
                null);
    }

    static DestinationConfig with(DestinationConfig config, long timeoutNs, DestinationConfig.Tls tls) {
        return new DestinationConfig(
                config.name(),
                config.type(),
                config.endpoint(),
                config.headers(),
                config.gzip(),
                timeoutNs,
                config.requests(),
                config.requestBytes(),
                config.retry(),
                tls,
                null);
    }

    @Override
    Destination open() throws IOException {
        backend = backend(0, null, null);
        return Destinations.open(config("http", backend.port()));
    }

    @AfterEach
    void stop() {
        backend.close();
    }

    @Override
    List<ResourceSpans> arrived() {
        return backend.resources();
    }

    @Override
    void breakDown() {
        backend.close();
    }

    @Override
    void repair() throws IOException {
        final List<Backend.Received> before = backend.received;
        backend = backend(backend.port(), null, null);
        backend.received.addAll(0, before);
    }

    void reopen(DestinationConfig config) throws IOException {
        destination.close();
        destination = Destinations.open(config);
    }

    Exchange begin(int spans) {
        return destination.transport().send(SampleDocuments.request(destination, SampleDocuments.of(spans, 10)));
    }

    @Test
    void sendsHeadersWithEveryRequest() {
        send(1);
        send(1);
        for (Backend.Received one : backend.received) {
            assertEquals("one", one.headers().get("x-tenant"));
            assertTrue(
                    one.headers().get("user-agent").matches("kraken-tracer/\\S+ OTel-OTLP-Exporter-Java/[0-9.]+.*"),
                    one.headers().toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"content-type", "user-agent\r\nx", "", "bad name", "x-value"})
    void refusesReservedHeadersWithoutShowingValues(String name) {
        final String value = "secret" + (name.equals("x-value") ? "\r\ninjected: 1" : "");
        final IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class,
                () -> Destinations.open(with(config("http", backend.port()), false, Map.of(name, value))));
        assertFalse(refusal.toString().contains("secret"), refusal.toString());
        assertNull(refusal.getCause());
    }

    @Test
    void deliversCompressedRequests() throws IOException {
        reopen(with(config("http", backend.port()), true, Map.of()));
        for (int i = 0; i < 3; i++) {
            assertEquals(Verdict.TAKEN, send(40).verdict());
        }
        assertEquals(
                120,
                arrived().stream()
                        .mapToInt(resource -> resource.getScopeSpans(0).getSpansCount())
                        .sum());
    }

    @Test
    void releasesTheBufferWithoutOutcomeOnCancel() {
        beSilent();
        final Exchange exchange = begin(1);
        Waiting.until("the request to arrive", () -> backend.received.size() == 1);
        assertNull(exchange.outcome());
        exchange.cancel();
        assertNull(exchange.outcome());
        exchange.cancel();
        assertEquals(Verdict.TAKEN, send(1).verdict(), "later requests are not affected");
        assertNull(exchange.outcome());
    }

    @Test
    void releasesTheBufferOnCancelBeforeConnecting() throws IOException {
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            reopen(config("http", deaf.getLocalPort()));
            final Exchange exchange = begin(1);
            exchange.cancel();
            assertNull(exchange.outcome());
        }
    }

    @Test
    void retriesWhenTheConnectionBreaks() {
        beSilent();
        final Exchange exchange = begin(1);
        Waiting.until("the request to arrive", () -> backend.received.size() == 1);
        backend.close();
        final Outcome outcome = Waiting.outcome(exchange);
        assertEquals(Verdict.RETRY, outcome.verdict());
        assertEquals("connection", outcome.reason());
    }

    @Test
    void retriesWhenTheServerSpeaksAnotherProtocol() throws IOException {
        final Exchange exchange;
        try (ServerSocket rude = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            reopen(config("http", rude.getLocalPort()));
            exchange = begin(1);
            try (Socket connection = rude.accept()) {
                connection.getOutputStream().write("nonsense\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
        final Outcome outcome = Waiting.outcome(exchange);
        assertEquals(Verdict.RETRY, outcome.verdict(), outcome.toString());
        assertEquals("connection", outcome.reason(), outcome.toString());
    }

    @Test
    void reportsRejectedSpansWithoutRetry() {
        bePartial(3, "too\nold");
        bePartial(0, "slow down");
        bePartial(-5, "");
        assertEquals(new Outcome(Verdict.TAKEN, 3, 0, "", "too?old"), send(5));
        assertEquals(new Outcome(Verdict.TAKEN, 0, 0, "", "slow down"), send(5));
        assertEquals(new Outcome(Verdict.TAKEN, 0, 0, "", ""), send(5));
    }

    @Test
    void cancelsRequestsInFlightOnClose() {
        beSilent();
        final Exchange exchange = begin(1);
        Waiting.until("the request to arrive", () -> backend.received.size() == 1);
        destination.close();
        exchange.cancel();
        assertNull(exchange.outcome());
    }

    // --- encryption

    final class Files3 {
        private final Path authorities = directory.resolve("authorities.pem");
        private final Path certificate = directory.resolve("certificate.pem");
        private final Path key = directory.resolve("key.pem");

        Files3 hold(Certificates trusted, Certificates own) throws IOException {
            Files.writeString(authorities, trusted.certificatePem());
            Files.writeString(certificate, own.certificatePem());
            Files.writeString(key, own.keyPem());
            return this;
        }

        DestinationConfig.Tls tls(String serverName) {
            return new DestinationConfig.Tls(authorities, certificate, key, serverName, 0);
        }
    }

    void encrypt(DestinationConfig.Tls tls, Certificates own, Certificates peer) throws IOException {
        final int port = backend.port();
        backend.close();
        backend = backend(port, own, peer);
        reopen(with(config("https", port), TIMEOUT_NS, tls));
    }

    @Test
    void authenticatesServerAndClient() throws IOException {
        encrypt(new Files3().hold(server, client).tls(null), server, client);
        assertEquals(Verdict.TAKEN, send(2).verdict());
        assertEquals(1, arrived().size());
    }

    @Test
    void refusesAServerWithAnotherName() throws IOException {
        encrypt(new Files3().hold(elsewhere, client).tls(null), elsewhere, client);
        assertEquals(Verdict.RETRY, send(1).verdict(), "its address is not in the certificate");
        assertEquals(List.of(), arrived());
    }

    @Test
    void refusesAnUntrustedServer() throws IOException {
        encrypt(new Files3().hold(other, client).tls(null), server, client);
        final Outcome outcome = send(1);
        assertEquals(Verdict.RETRY, outcome.verdict());
        assertEquals("connection", outcome.reason());
        assertEquals(List.of(), arrived());
    }

    @Test
    void usesChangedFilesAlthoughAConnectionIsOpen() throws IOException {
        final Files3 files = new Files3().hold(server, client);
        encrypt(files.tls(null), server, client);
        assertEquals(Verdict.TAKEN, send(1).verdict());
        files.hold(other, client);
        assertEquals(Verdict.RETRY, send(1).verdict(), "the server is not trusted any more");
        files.hold(server, client);
        assertEquals(Verdict.TAKEN, send(1).verdict());
    }

    @Test
    void usesChangedFilesForNewConnections() throws IOException {
        final Files3 files = new Files3().hold(server, client);
        encrypt(files.tls(null), server, client);
        assertEquals(Verdict.TAKEN, send(1).verdict());
        backend.close();
        final int port = backend.port();
        backend = backend(port, server, other);
        Waiting.until(
                "the certificate that is not trusted any more to be refused", () -> send(1).verdict() == Verdict.RETRY);
        Files.writeString(files.key, other.keyPem());
        assertEquals(Verdict.RETRY, send(1).verdict(), "in the middle of a rotation");
        Files.writeString(files.certificate, other.certificatePem());
        Waiting.until("the new certificate to be used", () -> send(1).verdict() == Verdict.TAKEN);
        Files.writeString(files.certificate, "broken");
        Files.delete(files.authorities);
        backend.close();
        backend = backend(port, server, other);
        Waiting.until("the files before to stay in use", () -> send(1).verdict() == Verdict.TAKEN);
    }
}
