package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedOutputStream;
import io.kraken.tracer.Span;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OtlpHttpSinkTest extends BatchSinkContract {

    private static final int RETRY_MILLIS = 1000;
    /** Longer than any back-off including jitter. */
    private static final int ANY_RETRY_MILLIS = 7000;

    private final OtlpBackend backend = new OtlpBackend();

    @AfterEach
    void stop() {
        backend.close();
        assertEquals(
                List.of(),
                backend.problems.stream()
                        .filter(problem -> !(problem instanceof IOException)) // closed connections
                        .toList());
    }

    @Override
    TracerConfig settings() {
        return Rig.settings().with(ExportSettings.OTLP_ENDPOINT, backend.address());
    }

    @Override
    TracerConfig stuck() {
        backend.then(backend.never());
        return settings().with(ExportSettings.OTLP_REQUESTS, 1);
    }

    @Override
    BatchSink open(RingExport.Environment environment) {
        return new OtlpHttpSink(environment);
    }

    @Override
    String where() {
        return backend.address() + "/v1/traces";
    }

    private Rig rig() {
        return new Rig(OtlpHttpSink::new, settings());
    }

    private static void untilSettled(Rig rig) {
        rig.until(() -> rig.ledger().buffered() == 0);
        assertEquals(0, rig.ledger().lost());
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip"})
    void backendReceivesWhatWasRecorded(String compression) {
        try (Rig rig = new Rig(OtlpHttpSink::new, settings().with(ExportSettings.OTLP_COMPRESSION, compression))) {
            rig.record(100).doWork();
            untilSettled(rig);
            final OtlpBackend.Received request = backend.received.get(0);
            assertEquals(200, request.spans());
            assertEquals("/v1/traces", request.path());
            assertEquals(OtlpHttp.PROTOBUF, request.headers().getFirst("Content-Type"));
            assertTrue(request.headers()
                    .getFirst("User-Agent")
                    .matches("kraken-tracer/\\S+ OTel-OTLP-Exporter-Java/\\d+\\.\\d+\\.\\d+"));
            assertEquals(
                    compression.equals("gzip") ? "gzip" : null,
                    request.headers().getFirst("Content-Encoding"));
            assertEquals(request.bytes(), rig.count(Counter.BYTES_SENT));
            assertEquals(
                    compression.equals("gzip"),
                    request.bytes() < request.request().getSerializedSize());
            final var spans =
                    request.request().getResourceSpans(0).getScopeSpans(0).getSpansList();
            assertEquals("rig.outer", spans.get(0).getName());
            assertEquals(spans.get(0).getSpanId(), spans.get(1).getParentSpanId());
            assertEquals(1, rig.count(Counter.REQUESTS));
        }
    }

    @Test
    void sendsLargeIncompressibleBodies() {
        final TracerConfig settings = settings()
                .with(ExportSettings.OTLP_COMPRESSION, "gzip")
                .with(ExportSettings.BATCH_BYTES, 1 << 22)
                .with(ExportSettings.OTLP_REQUEST_BYTES, 1 << 22)
                .with(TracerConfig.RECORDS, 32 * 1024);
        final java.util.Random random = new java.util.Random(1);
        try (Rig rig = new Rig(OtlpHttpSink::new, settings)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 100; i++) {
                    try (Span span = rig.tracer.start(Rig.OUTER)) {
                        span.set(
                                Rig.TEXT,
                                random.ints(8000, ' ', '~')
                                        .mapToObj(Character::toString)
                                        .collect(Collectors.joining()));
                    }
                }
                rig.doWork();
            }
            untilSettled(rig);
            assertEquals(300, backend.spans());
        }
    }

    @Test
    void sendsConfiguredHeadersExceptRestrictedOnes() {
        final TracerConfig settings = settings()
                .with(
                        ExportSettings.OTLP_HEADERS,
                        "Authorization=Bearer%20a%2Bb+c%3D,x-empty=, x-two = 2 ,bad=a%0d%0aInjected:%201,"
                                + "Host=elsewhere,content-length=5,=x,novalue,b ad=1,percent=%zz");
        try (Rig rig = new Rig(OtlpHttpSink::new, settings)) {
            rig.record(1).doWork();
            untilSettled(rig);
            final var headers = backend.received.get(0).headers();
            assertEquals("Bearer a+b+c=", headers.getFirst("Authorization"));
            assertEquals("2", headers.getFirst("X-two"));
            assertNull(headers.getFirst("Injected"));
            assertNull(headers.getFirst("Bad"));
            assertTrue(headers.getFirst("Host").startsWith("127.0.0.1"));
            final String described = rig.tracer.describe();
            for (String name : List.of("'bad'", "'Host'", "'content-length'", "''", "'b ad'", "'percent'")) {
                assertTrue(described.contains(name), name + " in " + described);
            }
            assertFalse(described.contains("Bearer"), described);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 502, 503, 504})
    void retriesTheseStatuses(int status) {
        backend.then(OtlpBackend.with(status, status("busy")));
        try (Rig rig = rig()) {
            rig.record(5).doWork();
            rig.until(() -> rig.count(Counter.EXPORT_ERRORS) == 1);
            rig.step(RETRY_MILLIS - 1);
            assertEquals(0, rig.count(Counter.RETRIES), "no retry within the first second");
            assertEquals(10, rig.sink().waiting());
            assertTrue(
                    rig.sink().describe().contains("HTTP status " + status + ": busy"),
                    rig.sink().describe());
            rig.step(RETRY_MILLIS);
            untilSettled(rig);
            assertEquals(10, rig.count(Counter.SHIPPED));
            assertEquals(List.of(), rig.logged, "a successful retry is not logged");
            assertEquals(2, rig.count(Counter.REQUESTS));
            assertEquals(1, rig.count(Counter.RETRIES));
            assertEquals(
                    backend.received.get(0).request(), backend.received.get(1).request());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 304, 307, 400, 401, 403, 404, 405, 408, 413, 415, 418, 500, 501, 505})
    void neverRetriesTheseStatuses(int status) {
        backend.then(OtlpBackend.with(
                status, status == 304 ? new byte[0] : status("no good"), "Location", backend.address() + "/other"));
        try (Rig rig = rig()) {
            rig.record(5).doWork();
            untilSettled(rig);
            rig.step(ANY_RETRY_MILLIS);
            assertEquals(10, rig.count(Counter.REFUSED));
            assertEquals(1, rig.count(Counter.EXPORT_ERRORS));
            assertEquals(1, backend.received.size());
        }
    }

    @Test
    void limitsTheLogLinesOfRepeatedProblems() {
        try (Rig rig = rig()) {
            for (int i = 0; i < 20; i++) {
                backend.then(OtlpBackend.with(400, status("no good\nforged line")));
                rig.record(1).doWork();
                untilSettled(rig);
            }
            for (int i = 0; i < 100; i++) {
                backend.then(OtlpBackend.with(400, status("request " + i)));
                rig.record(1).doWork();
                untilSettled(rig);
            }
            assertEquals(65, rig.logged.size(), "64 problems, and one line of all others");
            assertTrue(rig.logged.get(0).contains("no good?forged line"), rig.logged.get(0));
        }
    }

    @Test
    void givesUpSpansAfterTheLastAttempt() {
        for (int i = 0; i < 3; i++) {
            backend.then(OtlpBackend.with(503, new byte[0]));
        }
        try (Rig rig = new Rig(OtlpHttpSink::new, settings().with(ExportSettings.OTLP_ATTEMPTS, 3))) {
            rig.record(1).doWork();
            for (int i = 1; i <= 3; i++) {
                final int errors = i;
                rig.until(() -> rig.count(Counter.EXPORT_ERRORS) == errors);
                rig.step(ANY_RETRY_MILLIS);
            }
            untilSettled(rig);
            assertEquals(2, rig.count(Counter.RETRIES_EXHAUSTED));
            assertEquals(3, backend.received.size());
        }
    }

    @Test
    void retryAfterInSecondsAppliesToAllRequests() {
        backend.then(OtlpBackend.with(429, new byte[0], "Retry-After", "20"));
        try (Rig rig = rig()) {
            rig.record(1).doWork();
            rig.until(() -> rig.count(Counter.EXPORT_ERRORS) == 1);
            rig.record(1).step(19_900);
            assertEquals(1, rig.count(Counter.REQUESTS));
            assertEquals(4, rig.sink().waiting());
            rig.step(5000);
            untilSettled(rig);
            assertEquals(4, rig.count(Counter.SHIPPED));
        }
    }

    @Test
    void acceptsRetryAfterAsDate() {
        final String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(40));
        backend.then(OtlpBackend.with(503, new byte[0], "Retry-After", date));
        try (Rig rig = rig()) {
            rig.record(1).doWork();
            rig.until(() -> rig.count(Counter.EXPORT_ERRORS) == 1);
            rig.step(20_000);
            assertEquals(0, rig.count(Counter.RETRIES));
            rig.step(30_000);
            untilSettled(rig);
            assertEquals(2, rig.count(Counter.SHIPPED));
        }
    }

    @Test
    void retriesUnreachableBackend() throws IOException {
        final int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        final TracerConfig settings = Rig.settings()
                .with(ExportSettings.OTLP_ENDPOINT, "http://127.0.0.1:" + port)
                .with(ExportSettings.OTLP_ATTEMPTS, 2);
        try (Rig rig = new Rig(OtlpHttpSink::new, settings)) {
            rig.record(1).doWork();
            rig.until(() -> rig.count(Counter.EXPORT_ERRORS) == 1);
            assertTrue(
                    rig.sink().describe().contains("ConnectException"),
                    rig.sink().describe());
            rig.step(ANY_RETRY_MILLIS);
            untilSettled(rig);
            assertEquals(2, rig.count(Counter.RETRIES_EXHAUSTED));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void retriesAfterTimeout(boolean begins) {
        backend.then(begins ? backend.neverEnding() : backend.never());
        try (Rig rig = rig()) {
            rig.record(1).doWork();
            rig.until(() -> backend.received.size() == 1);
            rig.step(9_999);
            assertEquals(0, rig.count(Counter.EXPORT_ERRORS));
            rig.step(1);
            assertEquals(1, rig.count(Counter.EXPORT_ERRORS));
            rig.step(ANY_RETRY_MILLIS);
            untilSettled(rig);
            assertEquals(2, rig.count(Counter.SHIPPED));
            assertEquals(2, rig.count(Counter.REQUESTS));
        }
    }

    @Test
    void retriesAfterClosedConnection() {
        backend.then(exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write(1);
            throw new IOException("cut");
        });
        try (Rig rig = rig()) {
            rig.record(1).doWork();
            rig.until(() -> rig.count(Counter.EXPORT_ERRORS) == 1);
            rig.step(ANY_RETRY_MILLIS);
            untilSettled(rig);
            assertEquals(2, rig.count(Counter.SHIPPED));
        }
    }

    @Test
    void rejectsResponseOfFiveMebibytes() {
        backend.then(OtlpBackend.with(200, new byte[5 << 20]));
        try (Rig rig = rig()) {
            rig.record(1).doWork();
            untilSettled(rig);
            assertEquals(2, rig.count(Counter.REFUSED));
            assertEquals(1, rig.count(Counter.EXPORT_ERRORS));
            assertEquals(1, rig.count(Counter.REQUESTS));
            rig.record(1).doWork();
            untilSettled(rig);
            assertEquals(2, rig.count(Counter.SHIPPED), "the next request succeeds");
        }
    }

    @Test
    void countsPartialSuccessAndDoesNotRetry() {
        backend.then(OtlpBackend.partial(3, "too old")).then(OtlpBackend.partial(1_000_000, "nonsense"));
        backend.then(OtlpBackend.partial(-5, "")).then(OtlpBackend.partial(0, "slow down"));
        try (Rig rig = rig()) {
            for (long shipped : new long[] {7, 7, 17, 27}) {
                rig.record(5).doWork();
                untilSettled(rig);
                rig.step(ANY_RETRY_MILLIS);
                assertEquals(shipped, rig.count(Counter.SHIPPED));
            }
            assertEquals(13, rig.count(Counter.PARTIAL));
            assertEquals(4, backend.received.size());
            assertTrue(rig.sink().describe().contains("slow down"), rig.sink().describe());
        }
    }

    @Test
    void acceptsResponseWithInvalidBody() {
        final byte[] noise = new byte[200];
        new java.util.Random(7).nextBytes(noise);
        backend.then(OtlpBackend.with(200, noise)).then(OtlpBackend.with(204, new byte[0]));
        backend.then(
                OtlpBackend.with(200, "{}".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "Content-Type", "x"));
        try (Rig rig = rig()) {
            for (int i = 1; i <= 3; i++) {
                rig.record(1).doWork();
                untilSettled(rig);
            }
            assertEquals(6, rig.count(Counter.SHIPPED) + rig.count(Counter.PARTIAL));
        }
    }

    @Test
    void sendsRequestsInParallelUpToTheLimit() {
        for (int i = 0; i < 4; i++) {
            backend.then(backend.never());
        }
        try (Rig rig = new Rig(OtlpHttpSink::new, settings().with(ExportSettings.OTLP_REQUESTS, 3))) {
            for (int i = 0; i < 5; i++) {
                rig.record(1).doWork();
            }
            rig.until(() -> backend.received.size() == 3);
            assertEquals(6, rig.sink().waiting());
            assertEquals(10, rig.ledger().buffered());
            final Ledger ledger = rig.closed(Duration.ofMillis(100));
            assertEquals(6, ledger.count(Counter.CLOSE_DEADLINE), "spans in the sink");
            assertEquals(4, ledger.inChunks(), "spans in the batch");
        }
    }

    @Test
    void buildsRequestUris() {
        assertEquals("http://localhost:4318/v1/traces", uri(new TracerConfig()));
        assertEquals("https://a.example/x/v1/traces", uri(base("https://a.example/x/")));
        assertEquals("http://[::1]:80/v1/traces", uri(base("http://[::1]:80")));
        assertEquals("http://a/v1/traces?k=%20", uri(base("http://user:secret@a/?k=%20#f")));
        assertEquals("http://a/own", uri(base("http://b").with(ExportSettings.OTLP_TRACES_ENDPOINT, "http://a/own")));
        for (String bad : List.of("localhost:4318", "ftp://a", "http://", "http://a:99999", "http://a b", "::")) {
            final TracerConfig config = base(bad);
            assertEquals("http://localhost:4318/v1/traces", uri(config), bad);
            assertEquals(1, config.warnings().size(), bad);
        }
    }

    private static TracerConfig base(String endpoint) {
        return new TracerConfig().with(ExportSettings.OTLP_ENDPOINT, endpoint);
    }

    private static String uri(TracerConfig config) {
        return OtlpHttpSettings.open(config).uri().toString();
    }

    @Test
    void usesDaemonThreadsOnly() {
        try (Rig rig = rig()) {
            rig.record(1).doWork();
            untilSettled(rig);
            final List<String> keeping = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> !thread.isDaemon())
                    .map(Thread::getName)
                    .filter(name -> name.contains("HttpClient") || name.contains("kraken"))
                    .toList();
            assertEquals(List.of(), keeping);
        }
    }

    /** A google.rpc.Status with this message. */
    private static byte[] status(String message) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            final CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            out.writeInt32(1, 14);
            out.writeString(2, message);
            out.flush();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
