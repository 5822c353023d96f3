package io.kraken.tracer.bridge.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.Waterfall;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DemoTest {

    private static final int RATE = 160;
    private static final Pattern LAST_LINE =
            Pattern.compile("ledger started=(\\d+) ended=\\1 unrecorded=0 published=\\1"
                    + " shipped=\\1 rejected=0 dropped=0 open=0 lost=0 buffered=0 received=\\1");

    /** The attributes that the semantic conventions require. */
    private static final Map<String, List<String>> CONVENTIONS = Map.of(
            "HTTP server",
            List.of("http.request.method", "http.response.status_code", "http.route", "url.path", "url.scheme"),
            "HTTP client",
            List.of("http.request.method", "http.response.status_code", "server.address", "server.port", "url.full"),
            "RPC",
            List.of(
                    "rpc.grpc.status_code",
                    "rpc.method",
                    "rpc.service",
                    "rpc.system",
                    "server.address",
                    "server.port"));

    private static Demo.Outcome outcome;
    private static List<String> output;

    @BeforeAll
    static void runOnce() throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        outcome = Demo.run(new Demo.Options("", true, 1, RATE), printer(bytes));
        output = lines(bytes);
    }

    private static PrintStream printer(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static List<String> lines(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    /** A trace's shape: names, kinds, states, keys and events, no values; common attributes are abbreviated. */
    private static String shape(List<SpanData> trace) {
        final String shape = Waterfall.tree(trace)
                .replaceAll("=(\"[^\"]*\"|\\S+)", "")
                .replaceAll("ERROR\\([^)]*\\)", "ERROR")
                .strip();
        return shape.lines().map(DemoTest::abbreviated).collect(Collectors.joining("\n"));
    }

    private static String abbreviated(String span) {
        final List<String> words = new ArrayList<>(List.of(span.split(" ")));
        CONVENTIONS.forEach((protocol, keys) -> {
            if (words.containsAll(keys)) {
                words.removeAll(keys);
                words.add("(" + protocol + ")");
            }
        });
        return String.join(" ", words);
    }

    private static void assertTypical(String expected, List<String> names) {
        assertEquals(expected, shape(outcome.received().typical(names)));
    }

    private static Set<String> shapesOf(String root) {
        final Set<String> shapes = new TreeSet<>();
        for (List<SpanData> trace : outcome.received().traces()) {
            final String shape = shape(trace);
            if (shape.startsWith(root + " ")) {
                shapes.add(shape);
            }
        }
        return shapes;
    }

    @Test
    void receivesEveryStartedSpan() {
        final Totals totals = outcome.totals();
        assertTrue(totals.started() > RATE * 8L, totals.toString());
        assertTrue(totals.isComplete(), totals.toString());
        assertEquals(totals.shipped(), outcome.received().spans());
        assertEquals(0, outcome.exitCode());
    }

    @Test
    void printsTheLedgerAsTheLastLine() {
        final String last = output.get(output.size() - 1);
        final Matcher matcher = LAST_LINE.matcher(last);
        assertTrue(matcher.matches(), last);
        assertEquals(outcome.totals().started(), Long.parseLong(matcher.group(1)));
    }

    @Test
    void doesNotMisuseTheTracer() {
        assertFalse(String.join("\n", output).contains("misuse"));
    }

    @Test
    void recordsAtMostNineAttributesPerSpan() {
        for (List<SpanData> trace : outcome.received().traces()) {
            for (SpanData span : trace) {
                assertTrue(span.attributes().size() <= 9, span::toString);
            }
        }
    }

    @Test
    void tracesADownloadFromAgentToTracker() {
        assertTypical("""
                agent.download_blob SERVER digest namespace size (HTTP server)
                  agent.cache_lookup INTERNAL cache_hit
                  scheduler.download INTERNAL duration_ms peer.id size_bytes torrent.infohash torrent.size
                    storage.create_torrent INTERNAL piece_length pieces
                    announce.request CLIENT complete infohash tracker.addr (HTTP client)
                      tracker.announce SERVER handout_policy origin_count peer_count (HTTP server)
                        peerstore.get_peers INTERNAL
                        policy.sort_peers INTERNAL
                    storage.commit INTERNAL cache_hit verified
                  agent.stream_response INTERNAL
                  agent.download_blob.complete INTERNAL duration size""", DemoReport.DOWNLOAD);
    }

    @Test
    void tracesAnAnnounceByGrpcInTheSameTrace() {
        assertTrue(
                shapesOf("agent.download_blob").contains("""
                        agent.download_blob SERVER digest namespace size (HTTP server)
                          agent.cache_lookup INTERNAL cache_hit
                          scheduler.download INTERNAL duration_ms peer.id size_bytes torrent.infohash torrent.size
                            storage.create_torrent INTERNAL piece_length pieces
                            kraken.Tracker/Announce CLIENT (RPC)
                              kraken.Tracker/Announce SERVER handout_policy origin_count peer_count (RPC)
                                peerstore.get_peers INTERNAL
                                policy.sort_peers INTERNAL
                            storage.commit INTERNAL cache_hit verified
                          agent.stream_response INTERNAL"""),
                () -> shapesOf("agent.download_blob").toString());
    }

    @Test
    void tracesADownloadFromTheAgentsDisk() {
        assertTrue(shapesOf("agent.download_blob").contains("""
                        agent.download_blob SERVER digest namespace size (HTTP server)
                          agent.cache_lookup INTERNAL cache_hit
                          agent.stream_response INTERNAL"""));
    }

    @Test
    void tracesAFetchFromTheBackend() {
        final List<String> names = new ArrayList<>(DemoReport.DOWNLOAD);
        names.remove("agent.download_blob.complete");
        names.addAll(List.of("origin.blob_refresh", "backend.download", "cache.write"));
        assertTypical("""
                agent.download_blob SERVER digest namespace size (HTTP server)
                  agent.cache_lookup INTERNAL cache_hit
                  scheduler.download INTERNAL duration_ms peer.id size_bytes torrent.infohash torrent.size
                    storage.create_torrent INTERNAL piece_length pieces
                      origin.blob_refresh INTERNAL
                        backend.download CLIENT backend_type bucket duration_ms
                          cache.write INTERNAL path size
                    announce.request CLIENT complete infohash tracker.addr (HTTP client)
                      tracker.announce SERVER handout_policy origin_count peer_count (HTTP server)
                        peerstore.get_peers INTERNAL
                        policy.sort_peers INTERNAL
                    storage.commit INTERNAL cache_hit verified
                  agent.stream_response INTERNAL""", names);
    }

    @Test
    void recordsAnExceptionOnceAndErrorStatusAbove() {
        assertTrue(shapesOf("agent.download_blob").contains("""
                        agent.download_blob SERVER ERROR digest error.type namespace size (HTTP server)
                          agent.cache_lookup INTERNAL cache_hit
                          scheduler.download INTERNAL ERROR peer.id torrent.infohash torrent.size
                            storage.create_torrent INTERNAL ERROR
                              * exception exception.message exception.type
                              origin.blob_refresh INTERNAL ERROR
                                backend.download CLIENT ERROR backend_type bucket
                                  * exception exception.message exception.type"""));
    }

    @Test
    void tracesTheRequestsOfAnUploadAsOneTrace() {
        assertTypical("""
                proxy.upload INTERNAL namespace repo upload_id
                  proxy.start_upload INTERNAL
                  proxy.upload_chunk INTERNAL chunk_size range_end range_start
                  proxy.upload_chunk INTERNAL chunk_size range_end range_start
                  proxy.upload_chunk INTERNAL chunk_size range_end range_start
                  proxy.commit_upload INTERNAL digest total_size
                    origin.store_blob SERVER digest namespace replicate (HTTP server)
                      origin.cache_write INTERNAL
                      backend.upload CLIENT backend_type bucket duration_ms
                  build_index.put_tag SERVER (HTTP server)""", DemoReport.UPLOAD);
    }

    @Test
    void tracesAReplicationSeparately() {
        assertTrue(
                shapesOf("replication.trigger").contains("""
                        replication.trigger CONSUMER dst_cluster src_cluster tag
                          build_index.resolve_tag INTERNAL digest
                          origin.stat_blob CLIENT exists (HTTP client)
                          replication.transfer INTERNAL duration_ms size
                          build_index.put_tag SERVER (HTTP server)"""),
                () -> shapesOf("replication.trigger").toString());
    }

    @Test
    void linksADeferredWriteBackToItsSpan() {
        final List<SpanData> writeBack = outcome.received().typical(List.of("origin.write_back", "backend.upload"));
        assertEquals("""
                origin.write_back CONSUMER
                  backend.upload CLIENT backend_type bucket duration_ms""", shape(writeBack));
        assertEquals("origin.store_blob", linked(writeBack).name());
    }

    @Test
    void linksAReplicationToTheSendingRequest() {
        final List<SpanData> replication = outcome.received()
                .typical(List.of(
                        "replication.trigger",
                        "build_index.resolve_tag",
                        "origin.stat_blob",
                        "replication.transfer",
                        "build_index.put_tag"));
        final SpanData sender = linked(replication);
        assertEquals("build_index.put_tag", sender.name());
        assertNotEquals(replication.get(0).traceId(), sender.traceId());
    }

    private static SpanData linked(List<SpanData> trace) {
        for (SpanData span : trace) {
            for (SpanData.Link link : span.links()) {
                return find(link);
            }
        }
        throw new AssertionError("no link");
    }

    private static SpanData find(SpanData.Link link) {
        for (List<SpanData> trace : outcome.received().traces()) {
            for (SpanData span : trace) {
                if (span.traceId().equals(link.traceId()) && span.spanId().equals(link.spanId())) {
                    return span;
                }
            }
        }
        throw new AssertionError("nothing at the end of " + link);
    }

    @Tag("slow")
    @Test
    void receivesEverySpanThroughQueuesDespiteAKilledReceiver() throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final Demo.Outcome queued = Demo.run(new Demo.Options("", false, 2, 20), printer(bytes));
        final List<String> lines = lines(bytes);
        assertTrue(lines.contains("        the receiver is killed"), () -> String.join("\n", lines));
        assertEquals(0, queued.exitCode(), () -> String.join("\n", lines));
        final Matcher matcher = LAST_LINE.matcher(lines.get(lines.size() - 1));
        assertTrue(matcher.matches(), () -> String.join("\n", lines));
    }

    @Test
    void balancesTheLedgerAndFailsIfAllIsRefused() throws IOException {
        final ExecutorService workers = Http.workers("refusing-collector", 1);
        final HttpServer refusing = Http.server(workers);
        refusing.createContext("/", Http.answering(exchange -> Http.answer(exchange, 400, "no")));
        refusing.start();
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            final Demo.Outcome refused =
                    Demo.run(new Demo.Options("http://" + Http.address(refusing), true, 1, 20), printer(bytes));
            final Totals totals = refused.totals();
            assertTrue(totals.closes(), totals.toString());
            assertTrue(totals.rejected() > 0, totals.toString());
            assertEquals(totals.started(), totals.rejected());
            assertEquals(1, refused.exitCode());
            final List<String> lines = lines(bytes);
            assertEquals(totals.toString(), lines.get(lines.size() - 1));
        } finally {
            refusing.stop(0);
            workers.shutdown();
        }
    }
}
