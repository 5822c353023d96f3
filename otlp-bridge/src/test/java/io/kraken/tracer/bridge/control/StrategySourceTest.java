package io.kraken.tracer.bridge.control;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.kraken.tracer.bridge.TracedService;
import io.kraken.tracer.bridge.Waiting;
import io.kraken.tracer.bridge.settings.ControlConfig;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.bridge.settings.SpanFiles;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.ControlWords.Rate;
import io.kraken.tracer.ring.otlp.Certificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of both strategy sources against servers on the loopback interface. */
class StrategySourceTest {

    @TempDir
    Path folder;

    /** An HTTP server that gives the test's answer. */
    private static final class JsonServer implements AutoCloseable {
        private final HttpServer server;
        private volatile String asked;
        private volatile int status = 200;
        private volatile byte[] answer = {};

        JsonServer() throws IOException {
            this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        }

        JsonServer(HttpServer server) {
            this.server = server;
            server.createContext("/", exchange -> {
                asked = exchange.getRequestURI().toString();
                exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
                exchange.getResponseBody().write(answer);
                exchange.close();
            });
            server.start();
        }

        JsonServer says(String text) {
            answer = text.getBytes(StandardCharsets.UTF_8);
            return this;
        }

        URI uri() {
            return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/sampling");
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private static ControlConfig.Remote remote(URI uri) {
        return new ControlConfig.Remote(uri, TimeUnit.SECONDS.toNanos(60), TimeUnit.SECONDS.toNanos(20), null);
    }

    private static StrategySource open(URI uri, DestinationConfig.Tls tls) throws IOException {
        final ControlConfig.Remote plain = remote(uri);
        return StrategySources.open(new ControlConfig(
                SpanFiles.ofHost(),
                Map.of(),
                new ControlConfig.Remote(uri, plain.intervalNs(), plain.timeoutNs(), tls)));
    }

    private static StrategySource open(URI uri) throws IOException {
        return StrategySources.open(new ControlConfig(SpanFiles.ofHost(), Map.of(), remote(uri)));
    }

    private static ControlWords answer(StrategySource.Inquiry inquiry) throws IOException {
        final ControlWords[] words = new ControlWords[1];
        final IOException[] problem = new IOException[1];
        Waiting.until("an answer", () -> {
            try {
                words[0] = inquiry.answer();
            } catch (IOException e) {
                problem[0] = e;
            }
            return words[0] != null || problem[0] != null;
        });
        if (problem[0] != null) {
            throw problem[0];
        }
        return words[0];
    }

    private static String refusal(StrategySource.Inquiry inquiry) {
        return assertThrows(IOException.class, () -> answer(inquiry)).getMessage();
    }

    @Test
    void requestsAStrategyOverHttp() throws IOException {
        try (JsonServer server = new JsonServer().says("{\"probabilisticSampling\":{\"samplingRate\":0.125}}");
                StrategySource source = open(server.uri())) {
            assertEquals(0.125, answer(source.ask("a b&c/é")).rate());
            assertEquals("/sampling?service=a+b%26c%2F%C3%A9", server.asked);
        }
    }

    @Test
    void refusesInvalidHttpAnswersWithAReason() throws IOException {
        try (JsonServer server = new JsonServer();
                StrategySource source = open(server.uri())) {
            server.status = 404;
            assertTrue(refusal(source.ask("a")).contains("HTTP status 404"));
            server.status = 200;
            server.says("<html>");
            assertTrue(refusal(source.ask("a")).contains("not valid JSON"));
            server.says(" ".repeat(StrategySource.LONGEST_ANSWER + 1));
            assertTrue(refusal(source.ask("a")).contains("longer than 1048576 bytes"));
        }
    }

    @Test
    void doesNotBlockOnAMissingOrSilentServer() throws Exception {
        final CountDownLatch end = new CountDownLatch(1);
        final HttpServer silent = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        silent.createContext("/", exchange -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        silent.start();
        final int port = silent.getAddress().getPort();
        try (StrategySource source = open(URI.create("http://127.0.0.1:" + port + "/sampling"))) {
            final StrategySource.Inquiry inquiry = source.ask("a");
            assertNull(inquiry.answer());
            inquiry.cancel();
            assertTrue(refusal(inquiry).contains("Cancel"));
        } finally {
            end.countDown();
            silent.stop(0);
        }
        try (StrategySource http = open(URI.create("http://127.0.0.1:" + port + "/sampling"));
                StrategySource grpc = open(URI.create("grpc://127.0.0.1:" + port))) {
            assertTrue(refusal(http.ask("a")).contains("ConnectException"));
            assertTrue(refusal(grpc.ask("a")).startsWith("UNAVAILABLE"));
        }
    }

    @Test
    void exchangesTheProtocolsMessagesOverGrpc() throws IOException {
        try (GrpcStrategyServer server = new GrpcStrategyServer(null, null);
                StrategySource source = open(URI.create("grpc://127.0.0.1:" + server.port()))) {
            server.answer = Wire.perOperation("a.b", 0.25);
            assertEquals(
                    ControlWords.EMPTY.withRate(0.5).withLowerBound(2.0).withOperation("a.b", new Rate(0.25, 2)),
                    answer(source.ask("wéb")));
            assertArrayEquals(Wire.message(1, "wéb".getBytes(StandardCharsets.UTF_8)), server.asked.get(0));

            server.answer = new byte[] {18, 100};
            refusal(source.ask("web"));
            server.answer = new byte[StrategySource.LONGEST_ANSWER + 1];
            assertTrue(refusal(source.ask("web")).startsWith("RESOURCE_EXHAUSTED"));
            server.answer = null;
            assertEquals("INTERNAL: no file", refusal(source.ask("web")));
        }
    }

    @Test
    void encryptsAndVerifiesTheServersName() throws IOException {
        final Certificates own = Certificates.make(folder, "server", "EC", "dns:jaeger.example,ip:127.0.0.1");
        final Certificates client = Certificates.make(folder, "client", "EC", "dns:bridge.example");
        final HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(own.context(client)) {
            @Override
            public void configure(HttpsParameters parameters) {
                parameters.setNeedClientAuth(true);
            }
        });
        final URI http = URI.create("https://127.0.0.1:" + https.getAddress().getPort() + "/sampling");
        try (JsonServer json = new JsonServer(https).says("{\"probabilisticSampling\":{\"samplingRate\":0.125}}");
                GrpcStrategyServer server = new GrpcStrategyServer(own, client)) {
            server.answer = Wire.message(2, Wire.message1(0.5));
            final URI grpc = URI.create("grpcs://127.0.0.1:" + server.port());
            try (StrategySource source = open(http, tls(own, client, null));
                    StrategySource untrusting = open(http, tls(client, client, null))) {
                assertEquals(0.125, answer(source.ask("web")).rate());
                refusal(untrusting.ask("web"));
            }
            try (StrategySource source = open(grpc, tls(own, client, "jaeger.example"));
                    StrategySource other = open(grpc, tls(own, client, "other.example"))) {
                assertEquals(0.5, answer(source.ask("web")).rate());
                refusal(other.ask("web"));
            }
            assertEquals("/sampling?service=web", json.asked);
            assertEquals(1, server.asked.size());
        }
    }

    private DestinationConfig.Tls tls(Certificates server, Certificates client, String name) throws IOException {
        return new DestinationConfig.Tls(
                Files.writeString(folder.resolve("ca.pem"), server.certificatePem()),
                Files.writeString(folder.resolve("client.pem"), client.certificatePem()),
                Files.writeString(folder.resolve("client.key"), client.keyPem()),
                name,
                TimeUnit.SECONDS.toNanos(10));
    }

    @Test
    void appliesAStrategyWithItsLowerBoundInAProcess() throws IOException {
        final String strategy = "{\"operationSampling\":{\"defaultSamplingProbability\":1,"
                + "\"defaultLowerBoundTracesPerSecond\":1,\"perOperationStrategies\":["
                + "{\"operation\":\"quiet\",\"probabilisticSampling\":{\"samplingRate\":0}}]}}";
        try (JsonServer server = new JsonServer().says(strategy);
                TracedService web = new TracedService("web", folder)) {
            final RemoteSampling remote =
                    new RemoteSampling(remote(server.uri()), open(server.uri()), System::nanoTime);
            final ControlPublisher publisher = new ControlPublisher(
                    new ControlConfig(new SpanFiles(folder), Map.of(), null), remote, System::nanoTime);
            assertTrue(web.samples("quiet"), "by default all is");
            Waiting.until("the strategy is in force", () -> {
                publisher.doWork();
                return !web.samples("quiet");
            });
            assertEquals("/sampling?service=web", server.asked);
            final long begunNs = System.nanoTime();
            int sampled = 0;
            int denied = 0;
            while (sampled < 2) { // the lower bound allows one a second
                final boolean yes = web.samples("quiet");
                sampled += yes ? 1 : 0;
                denied += yes ? 0 : 1;
                assertTrue(System.nanoTime() - begunNs < TimeUnit.SECONDS.toNanos(60), "the bound is kept");
            }
            final long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begunNs);
            assertTrue(sampled <= seconds + 3, sampled + " sampled in " + seconds + " s");
            assertTrue(denied > sampled, "most are not");
            assertTrue(web.samples("loud"), "others are sampled by the default");
            publisher.onClose();
        }
    }
}
