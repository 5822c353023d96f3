package io.kraken.tracer.bridge.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedOutputStream;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.ring.otlp.Certificates;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDestinationTest extends NetworkDestinationContract<HttpBackend> {

    @Override
    DestinationConfig.Type type() {
        return DestinationConfig.Type.OTLP_HTTP;
    }

    @Override
    HttpBackend backend(int port, Certificates own, Certificates peer) throws IOException {
        return new HttpBackend(port, own, peer);
    }

    @Override
    void beSilent() {
        backend.then(backend.never());
    }

    @Override
    void bePartial(long rejected, String message) {
        final ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
        response.getPartialSuccessBuilder().setRejectedSpans(rejected).setErrorMessage(message);
        backend.then(HttpBackend.with(200, response.build().toByteArray()));
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 502, 503, 504})
    void retriesAfterTheseStatuses(int status) {
        backend.then(HttpBackend.with(status, status("busy\nforged")));
        assertEquals(
                new Outcome(Verdict.RETRY, 0, 0, "http_" + status, "HTTP status " + status + ": busy?forged"), send(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308, 401, 403, 404, 405, 501})
    void holdsAfterTheseStatuses(int status) {
        backend.then(HttpBackend.with(status, new byte[0], "Location", "/other", "Retry-After", "5"));
        assertEquals(new Outcome(Verdict.HELD, 0, 0, "http_" + status, "HTTP status " + status), send(1));
        assertEquals(1, backend.received.size(), "redirects are not followed");
    }

    @ParameterizedTest
    @ValueSource(ints = {304, 400, 408, 413, 415, 500, 505})
    void refusesAfterTheseStatuses(int status) {
        backend.then(HttpBackend.with(status, new byte[0], "Location", "/other", "Retry-After", "5"));
        assertEquals(new Outcome(Verdict.REFUSED, 0, 0, "http_" + status, "HTTP status " + status), send(1));
        assertEquals(1, backend.received.size(), "redirects are not followed");
    }

    @ParameterizedTest
    @CsvSource({"7, 7", "100000, 60", "99999999999999999999, 60", "-7, 0", "soon, 0", "'', 0"})
    void honoursRetryAfterInSecondsUpToALimit(String header, long seconds) {
        backend.then(HttpBackend.with(503, new byte[0], "Retry-After", header));
        assertEquals(seconds * 1_000_000_000L, send(1).retryAfterNs());
    }

    @Test
    void honoursRetryAfterAsADate() {
        final ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
        backend.then(HttpBackend.with(
                429, new byte[0], "Retry-After", DateTimeFormatter.RFC_1123_DATE_TIME.format(now.plusSeconds(50))));
        final long asked = send(1).retryAfterNs();
        assertTrue(asked > 0 && asked <= 50_000_000_000L, asked + " ns");
        backend.then(HttpBackend.with(
                429, new byte[0], "Retry-After", DateTimeFormatter.RFC_1123_DATE_TIME.format(now.minusYears(1))));
        assertEquals(0, send(1).retryAfterNs());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/traces", "/own?x=1"})
    void sendsToThePathOfTheEndpoint(String path) throws IOException {
        final DestinationConfig plain = config("http", backend.port());
        reopen(new DestinationConfig(
                plain.name(),
                plain.type(),
                URI.create(plain.endpoint() + path),
                Map.of(),
                false,
                plain.timeoutNs(),
                plain.requests(),
                plain.requestBytes(),
                plain.retry(),
                null,
                null));
        send(1);
        assertEquals(path, backend.received.get(0).headers().get(":path"));
        assertEquals("application/x-protobuf", backend.received.get(0).headers().get("content-type"));
    }

    @Test
    void refusesTooLongAnswersAndAcceptsInvalidOnes() {
        backend.then(HttpBackend.with(200, new byte[5 << 20]));
        assertEquals(Verdict.REFUSED, send(1).verdict());
        final byte[] noise = new byte[300];
        final Random random = new Random(3);
        for (int i = 0; i < 20; i++) {
            random.nextBytes(noise);
            backend.then(HttpBackend.with(i % 2 == 0 ? 200 : 400, noise));
            assertEquals(i % 2 == 0 ? Verdict.TAKEN : Verdict.REFUSED, send(1).verdict());
        }
    }

    /** A google.rpc.Status. */
    private static byte[] status(String message) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            final CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            out.writeInt32(1, 14);
            out.writeString(2, message);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
