package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.demo.Workload;
import io.kraken.tracer.bridge.settings.BridgeSettings;
import io.kraken.tracer.bridge.settings.SettingsException;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ships the demo's spans through queues to SkyWalking, and reads them back. */
@Tag("backends")
class SkyWalkingTest {

    private static final int DOWNLOADS_PER_SECOND = 200;
    private static final int SECONDS = 10;
    /** The time limit for storing: SkyWalking answers before it has stored the spans. */
    private static final Duration STORED = Duration.ofSeconds(60);

    private static final List<String> VARIETY = List.of(
            "kind=,",
            "kind=SERVER",
            "kind=CLIENT",
            "kind=CONSUMER",
            "otel.status_code=STATUS_CODE_ERROR",
            "otel.status_description=",
            "otlp.link.0=",
            "Annotation[name=exception, attributes={exception.message=");

    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Comparator<ZipkinSpan> BY_ID = Comparator.comparing(ZipkinSpan::id);

    @TempDir
    Path folder;

    @Test
    @Timeout(600)
    void returnsEveryTraceCompletely() throws IOException {
        final Path queues = folder.resolve("queues");
        final Map<String, Ledger> ledgers;
        final long downloads;
        try (SkyWalking skyWalking = SkyWalking.start(folder);
                HttpCollector collector = new HttpCollector()) {
            try (Bridge bridge = bridge(queues, skyWalking.otlpPort(), collector)) {
                final Workload workload = new Workload(queues, responseNs -> {});
                workload.run(DOWNLOADS_PER_SECOND, SECONDS);
                ledgers = workload.close();
                downloads = workload.downloads(); // fewer than requested on a busy machine
                awaitEmpty(queues);
                assertEquals(-1, bridge.watchPort());
            }
            final Map<String, List<ZipkinSpan>> traces = expected(collector.requests);
            assertEquals(started(ledgers), spans(traces), ledgers::toString);
            assertTrue(traces.size() > downloads, () -> traces.size() + " traces of " + downloads + " downloads");
            assertVaried(traces);
            final long deadlineNs = System.nanoTime() + STORED.toNanos();
            for (Map.Entry<String, List<ZipkinSpan>> trace : traces.entrySet()) {
                assertEquals(
                        text(trace.getValue()),
                        text(stored(skyWalking, trace.getKey(), trace.getValue().size(), deadlineNs)));
            }
            assertFalse(skyWalking.log().contains(" ERROR "), skyWalking.log());
            final String whole = traces.size() + " traces of " + spans(traces) + " spans came back whole";
            System.out.println(whole); // allow:console the log shows what was tested
        }
    }

    /** Ships everything to SkyWalking, and to a collector that provides the expected spans. */
    private static Bridge bridge(Path queues, int otlpPort, HttpCollector collector) throws IOException {
        try {
            return Bridge.start(BridgeSettings.read(
                            List.of(
                                    "--queues=" + queues,
                                    "--decision-delay=1s",
                                    "--listen=off",
                                    "--destinations.skywalking.endpoint=http://127.0.0.1:" + otlpPort,
                                    "--destinations.copy.type=otlp_http",
                                    "--destinations.copy.endpoint=" + collector.endpoint()),
                            Map.of())
                    .config());
        } catch (SettingsException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitEmpty(Path queues) throws IOException {
        final long deadlineNs = System.nanoTime() + STORED.toNanos();
        while (!QueueRoot.list(queues).isEmpty()) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "the queues are not shipped");
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    /** Asserts that the traces contain links, errors and exceptions, so that these are tested too. */
    private static void assertVaried(Map<String, List<ZipkinSpan>> traces) {
        final List<String> missing = new ArrayList<>(VARIETY);
        for (List<ZipkinSpan> trace : traces.values()) {
            final String text = text(trace);
            missing.removeIf(text::contains);
        }
        assertEquals(List.of(), missing);
    }

    private static long started(Map<String, Ledger> ledgers) {
        long started = 0;
        for (Ledger ledger : ledgers.values()) {
            assertEquals(ledger.started(), ledger.shipped(), ledger::toString);
            started += ledger.started();
        }
        return started;
    }

    private static long spans(Map<String, List<ZipkinSpan>> traces) {
        long spans = 0;
        for (List<ZipkinSpan> trace : traces.values()) {
            spans += trace.size();
        }
        return spans;
    }

    /** The expected spans by trace id. */
    private static Map<String, List<ZipkinSpan>> expected(List<ExportTraceServiceRequest> requests) {
        final Map<String, List<ZipkinSpan>> traces = new TreeMap<>();
        for (ExportTraceServiceRequest request : requests) {
            for (ResourceSpans process : request.getResourceSpansList()) {
                for (ScopeSpans scope : process.getScopeSpansList()) {
                    for (Span span : scope.getSpansList()) {
                        final ZipkinSpan expected = ZipkinSpan.of(process.getResource(), scope.getScope(), span);
                        traces.computeIfAbsent(expected.traceId(), id -> new ArrayList<>())
                                .add(expected);
                    }
                }
            }
        }
        return traces;
    }

    private static List<ZipkinSpan> stored(SkyWalking skyWalking, String traceId, int spans, long deadlineNs)
            throws IOException {
        List<ZipkinSpan> stored = skyWalking.trace(traceId);
        while (stored.size() < spans && System.nanoTime() - deadlineNs < 0) {
            LockSupport.parkNanos(PAUSE_NS);
            stored = skyWalking.trace(traceId);
        }
        return stored;
    }

    /** One span per line, so that differences are easy to see. */
    private static String text(List<ZipkinSpan> trace) {
        final List<ZipkinSpan> sorted = new ArrayList<>(trace);
        sorted.sort(BY_ID);
        final StringBuilder text = new StringBuilder();
        for (ZipkinSpan span : sorted) {
            text.append(span).append('\n');
        }
        return text.toString();
    }
}
