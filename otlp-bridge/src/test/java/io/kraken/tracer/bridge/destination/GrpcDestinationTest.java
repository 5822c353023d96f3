package io.kraken.tracer.bridge.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.kraken.tracer.bridge.Waiting;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.Certificates;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import io.kraken.tracer.ring.otlp.Transport;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcDestinationTest extends NetworkDestinationContract<GrpcBackend> {

    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final Set<Status.Code> WRONG_SETTING =
            Set.of(Status.Code.UNIMPLEMENTED, Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED);

    private static final Set<Status.Code> RETRYABLE = EnumSet.of(
            Status.Code.CANCELLED,
            Status.Code.DEADLINE_EXCEEDED,
            Status.Code.ABORTED,
            Status.Code.OUT_OF_RANGE,
            Status.Code.UNAVAILABLE,
            Status.Code.DATA_LOSS);

    @Override
    DestinationConfig.Type type() {
        return DestinationConfig.Type.OTLP_GRPC;
    }

    @Override
    GrpcBackend backend(int port, Certificates own, Certificates peer) throws IOException {
        return new GrpcBackend(port, own, peer);
    }

    @Override
    void beSilent() {
        backend.then(GrpcBackend.never());
    }

    @Override
    void bePartial(long rejected, String message) {
        final ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
        response.getPartialSuccessBuilder().setRejectedSpans(rejected).setErrorMessage(message);
        backend.then(GrpcBackend.response(response.build()));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OK")
    void mapsEveryStatusCodeToItsVerdict(Status.Code code) {
        backend.then(GrpcBackend.status(code.toStatus().withDescription("why\nforged"), new Metadata()));
        assertEquals(
                new Outcome(
                        RETRYABLE.contains(code)
                                ? Verdict.RETRY
                                : WRONG_SETTING.contains(code) ? Verdict.HELD : Verdict.REFUSED,
                        0,
                        0,
                        code.name(),
                        code.name() + ": why?forged"),
                send(1));
        assertEquals(1, backend.received.size(), "the channel does not retry");
    }

    private static Metadata retryInfo(long seconds, int nanos) {
        final RetryInfo info = RetryInfo.newBuilder()
                .setRetryDelay(Duration.newBuilder().setSeconds(seconds).setNanos(nanos))
                .build();
        return details(com.google.rpc.Status.newBuilder()
                .setCode(8)
                .addDetails(Any.pack(Duration.newBuilder().setSeconds(5).build()))
                .addDetails(Any.pack(info))
                .build()
                .toByteArray());
    }

    private static Metadata details(byte[] status) {
        final Metadata trailers = new Metadata();
        trailers.put(DETAILS, status);
        return trailers;
    }

    @ParameterizedTest
    @CsvSource({
        "7, 500000000, 7500000000",
        "0, 0, 0",
        "60, 1, 60000000000",
        "1000000, 0, 60000000000",
        "-5, -5, 0",
        "9223372036854775807, 2147483647, 60000000000"
    })
    void retriesAfterTheDelayOfRetryInfo(long seconds, int nanos, long askedNs) {
        for (Status status : List.of(Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE)) {
            backend.then(GrpcBackend.status(status, retryInfo(seconds, nanos)));
            final Outcome outcome = send(1);
            assertEquals(Verdict.RETRY, outcome.verdict());
            assertEquals(askedNs, outcome.retryAfterNs());
        }
        backend.then(GrpcBackend.status(Status.INVALID_ARGUMENT, retryInfo(seconds, nanos)));
        assertEquals(0, send(1).retryAfterNs(), "ignored for other codes");
    }

    @Test
    void ignoresInvalidDetails() {
        final Random random = new Random(5);
        final byte[] whole = retryInfo(7, 0).get(DETAILS);
        for (int i = 0; i < 200; i++) {
            final byte[] bytes = whole.clone();
            for (int flips = random.nextInt(1, 6); flips > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            backend.then(GrpcBackend.status(Status.RESOURCE_EXHAUSTED, details(bytes)));
            final Outcome outcome = send(1);
            assertTrue(outcome.retryAfterNs() >= 0 && outcome.retryAfterNs() <= 60_000_000_000L, outcome.toString());
            assertEquals("RESOURCE_EXHAUSTED", outcome.reason());
        }
        backend.then(GrpcBackend.status(Status.RESOURCE_EXHAUSTED, details(new byte[0])));
        assertEquals(Verdict.REFUSED, send(1).verdict());
    }

    /** Sends one request to a server that answers with these frames, in hexadecimal. */
    private Outcome sendTo(String frames) throws IOException {
        try (ServerSocket raw = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            reopen(config("http", raw.getLocalPort()));
            final Transport.Exchange exchange = begin(1);
            try (Socket connection = raw.accept()) {
                connection.getOutputStream().write(HexFormat.of().parseHex("000000040000000000"));
                final DataInputStream in = new DataInputStream(connection.getInputStream());
                in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
                boolean ended = false;
                while (!ended) {
                    final int length = in.readInt();
                    final boolean data = (length & 0xFF) == 0;
                    ended = (in.readByte() & 1) != 0 && data;
                    in.readInt();
                    in.readNBytes(length >>> Byte.SIZE);
                }
                connection.getOutputStream().write(HexFormat.of().parseHex(frames));
                return Waiting.outcome(exchange);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"00", "01", "02", "03", "07", "08", "0b", "0c", "0d", "ff"})
    void retriesWhenTheStreamIsResetBeforeHeaders(String error) throws IOException {
        final Outcome outcome = sendTo("000004030000000003000000" + error);
        assertEquals(Verdict.RETRY, outcome.verdict(), outcome.toString());
        assertEquals("connection", outcome.reason(), outcome.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"00", "02", "0b"})
    void retriesWhenTheConnectionEndsBeforeHeaders(String error) throws IOException {
        final Outcome outcome = sendTo("00000807000000000000000000000000" + error);
        assertEquals(Verdict.RETRY, outcome.verdict(), outcome.toString());
        assertEquals("connection", outcome.reason(), outcome.toString());
    }

    /** The status by its index in HPACK's table, and content type "a/b". */
    @ParameterizedTest
    @CsvSource({"8d, HELD, UNIMPLEMENTED", "8c, REFUSED, INTERNAL", "8e, REFUSED, UNKNOWN"})
    void mapsHttpStatusOfAProxy(String status, Verdict verdict, String reason) throws IOException {
        final Outcome outcome = sendTo("0000070105" + "00000003" + status + "0f1003612f62");
        assertEquals(verdict, outcome.verdict(), outcome.toString());
        assertEquals(reason, outcome.reason(), outcome.toString());
    }

    @Test
    void refusesWhenTheAnswerIsTooLong() {
        bePartial(0, "x".repeat(5 << 20));
        final Outcome outcome = send(1);
        assertEquals(Verdict.REFUSED, outcome.verdict());
        assertEquals("RESOURCE_EXHAUSTED", outcome.reason());
        assertEquals(Verdict.TAKEN, send(1).verdict());
    }

    @Test
    void expectsTheConfiguredNameInTheCertificate() throws IOException {
        encrypt(new Files3().hold(elsewhere, client).tls("traces.example"), elsewhere, client);
        assertEquals(Verdict.TAKEN, send(2).verdict());
        encrypt(new Files3().hold(elsewhere, client).tls("other.example"), elsewhere, client);
        assertEquals(Verdict.RETRY, send(1).verdict());
        assertEquals(List.of(), arrived());
    }

    @Test
    void tellsTheServerTheTimeout() throws IOException {
        reopen(with(config("http", backend.port()), 300_000_000L, null));
        beSilent();
        final Outcome outcome = send(1);
        assertEquals(Verdict.RETRY, outcome.verdict());
        assertEquals("timeout", outcome.reason());
        assertNotNull(backend.received.get(0).headers().get("grpc-timeout"));
    }

    @Test
    void truncatesLongMessages() {
        bePartial(1, "x".repeat(100_000));
        assertTrue(send(1).message().length() < 1000);
    }

    @Test
    void sendsBinaryHeadersGivenInBase64() throws IOException {
        final String value = Base64.getEncoder().encodeToString("größe".getBytes(StandardCharsets.UTF_8));
        reopen(with(config("http", backend.port()), true, Map.of("X-Own-bin", value, "X-Plain", "1")));
        send(1);
        final Map<String, String> headers = backend.received.get(0).headers();
        assertEquals("größe", headers.get("x-own-bin"));
        assertEquals("1", headers.get("x-plain"));
        assertEquals("gzip", headers.get("grpc-encoding"));
    }

    @Test
    void usesOneConnectionAndOneDaemonThread() {
        for (int i = 0; i < 20; i++) {
            send(1);
        }
        assertEquals(1, backend.connections.get());
        final List<Thread> threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("kraken-bridge-grpc-test") && thread.isAlive())
                .toList();
        assertFalse(threads.isEmpty());
        assertTrue(threads.stream().allMatch(Thread::isDaemon));
    }

    @Test
    void endsItsThreadOnClose() {
        send(1);
        destination.close();
        Waiting.until(
                "the threads to end",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("kraken-bridge-grpc-test")));
        final Transport.Exchange late = begin(1);
        Waiting.until("an outcome", () -> late.outcome() != null);
        assertNotNull(late.outcome());
    }
}
