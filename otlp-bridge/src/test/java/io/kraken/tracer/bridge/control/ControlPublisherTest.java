package io.kraken.tracer.bridge.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.DeadSpanFile;
import io.kraken.tracer.bridge.TracedService;
import io.kraken.tracer.bridge.Waiting;
import io.kraken.tracer.bridge.settings.ControlConfig;
import io.kraken.tracer.bridge.settings.SpanFiles;
import io.kraken.tracer.file.ControlFile;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.ControlWords.Author;
import io.kraken.tracer.file.ControlWords.Rate;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlPublisherTest {

    private static final ControlWords TENTH = ControlWords.EMPTY.withRate(0.1);

    @TempDir
    Path folder;

    private final Map<String, ControlWords> said = new HashMap<>();
    private final Map<String, ScriptedInquiry> inquiries = new HashMap<>();
    private RemoteSampling remote;
    private long nowNs = 1;

    /** A strategy source that the test controls. */
    private static final class ScriptedInquiry implements StrategySource.Inquiry {
        private ControlWords answer;
        private IOException problem;
        private boolean cancelled;

        @Override
        public ControlWords answer() throws IOException {
            if (problem != null) {
                throw problem;
            }
            return answer;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private final class ScriptedSource implements StrategySource {
        @Override
        public Inquiry ask(String service) {
            final ScriptedInquiry inquiry = new ScriptedInquiry();
            inquiries.put(service, inquiry);
            return inquiry;
        }

        @Override
        public void close() {}
    }

    private ControlPublisher publisher() {
        return new ControlPublisher(new ControlConfig(new SpanFiles(folder), said, null), remote, () -> nowNs);
    }

    private ControlPublisher publisherWithRemote() {
        remote = new RemoteSampling(
                new ControlConfig.Remote(null, TimeUnit.SECONDS.toNanos(60), TimeUnit.SECONDS.toNanos(5), null),
                new ScriptedSource(),
                () -> nowNs);
        return publisher();
    }

    /** Advances the clock, then runs a round. */
    private void after(long ns, ControlPublisher publisher) {
        nowNs += ns;
        assertEquals(1, publisher.doWork());
    }

    private void round(ControlPublisher publisher) {
        after(ControlPublisher.ROUND_NS, publisher);
    }

    private static ControlWords inFile(TracedService service) throws IOException {
        return ControlFile.open(service.file()).read(Author.BRIDGE);
    }

    @Test
    void publishesTheSettingsOfAServiceToItsProcess() throws IOException {
        said.put("web", TENTH.withOperation("a.b", new Rate(0, 0)));
        said.put("other", ControlWords.EMPTY.withRate(0.9));
        final ControlPublisher publisher = publisher();
        round(publisher);
        try (TracedService web = new TracedService("web", folder)) {
            round(publisher);
            assertEquals(said.get("web"), inFile(web));
            Waiting.until("it acts", () -> web.tracer.file().control().equals(said.get("web")));
            Waiting.until("it samples none", () -> !web.samples("a.b"));
        }
    }

    @Test
    void publishesChangedSettings() throws IOException {
        said.put("web", TENTH);
        final ControlPublisher publisher = publisher();
        try (TracedService web = new TracedService("web", folder)) {
            round(publisher);
            final ControlWords half = ControlWords.EMPTY.withRate(0.5);
            publisher.configure(new ControlConfig(new SpanFiles(folder), Map.of("web", half), null));
            round(publisher);
            assertEquals(half, inFile(web));
        }
    }

    @Test
    void pollsAtAnIntervalAndWritesOnlyChanges() {
        said.put(ControlConfig.ALL, TENTH);
        try (TracedService web = new TracedService("web", folder);
                TracedService api = new TracedService("api", folder)) {
            final ControlPublisher publisher = publisher();
            assertEquals(1, publisher.doWork());
            assertEquals(0, publisher.doWork(), "not before the next round");
            for (int i = 0; i < 10; i++) {
                round(publisher);
            }
            assertEquals(2, publisher.written());
            final ControlPublisher next = publisher();
            round(next);
            assertEquals(0, next.written(), "already written by the bridge before");
            assertTrue(web.tracer.isEnabled() && api.tracer.isEnabled());
        }
    }

    @Test
    void withdrawsSettingsThatWereRemoved() throws IOException {
        try (TracedService web = new TracedService("web", folder)) {
            ControlFile.open(web.file()).write(Author.BRIDGE, TENTH);
            round(publisher());
            assertEquals(ControlWords.EMPTY, inFile(web));
        }
    }

    @Test
    void leavesTheOperatorsSettingsUnchanged() throws IOException {
        said.put("web", TENTH);
        try (TracedService web = new TracedService("web", folder)) {
            final ControlWords operators = ControlWords.EMPTY.withRate(1.0);
            ControlFile.open(web.file()).write(Author.OPERATOR, operators);
            round(publisher());
            assertEquals(operators, ControlFile.open(web.file()).read(Author.OPERATOR));
            assertEquals(TENTH, inFile(web));
        }
    }

    @Test
    void mergesServiceSettingsThenStrategyThenSettingsOfAll() throws IOException {
        said.put("web", ControlWords.EMPTY.withRate(0.5).withOperation("x", new Rate(0.5, 0)));
        said.put(
                ControlConfig.ALL,
                ControlWords.EMPTY.withRate(0.3).withLimit(30.0).withRecording(true));
        try (TracedService web = new TracedService("web", folder);
                TracedService api = new TracedService("api", folder)) {
            final ControlPublisher publisher = publisherWithRemote();
            round(publisher);
            final ControlWords strategy = ControlWords.EMPTY
                    .withRate(0.2)
                    .withLimit(20.0)
                    .withOperation("x", new Rate(0.2, 2))
                    .withOperation("y", new Rate(0.2, 2));
            inquiries.values().forEach(inquiry -> inquiry.answer = strategy);
            round(publisher);
            round(publisher);
            assertEquals(
                    said.get("web").withLimit(20.0).withRecording(true).withOperation("y", new Rate(0.2, 2)),
                    inFile(web));
            assertEquals(strategy.withRecording(true), inFile(api));
        }
    }

    @Test
    void keepsTheLastStrategyWhileTheServerIsDown() throws IOException {
        try (TracedService web = new TracedService("web", folder)) {
            ControlFile.open(web.file()).write(Author.BRIDGE, TENTH);
            final ControlPublisher publisher = publisherWithRemote();
            round(publisher);
            inquiries.get("web").problem = new IOException("it is down");
            round(publisher);
            assertEquals(TENTH, inFile(web));
            assertEquals(1, remote.failures());
            assertEquals(1, remote.requests(), "the interval is kept after a failure too");

            after(TimeUnit.SECONDS.toNanos(60), publisher);
            assertEquals(2, remote.requests());
            inquiries.get("web").answer = ControlWords.EMPTY.withRate(0.7);
            round(publisher);
            round(publisher);
            assertEquals(0.7, inFile(web).rate());

            after(TimeUnit.SECONDS.toNanos(60), publisher);
            after(TimeUnit.SECONDS.toNanos(5), publisher);
            assertTrue(inquiries.get("web").cancelled, "cancelled after the timeout");
            round(publisher);
            assertEquals(0.7, inFile(web).rate());
            assertEquals(2, remote.failures());
        }
    }

    @Test
    void skipsInvalidFilesWithoutDelayingOthers() throws IOException {
        said.put(ControlConfig.ALL, TENTH);
        Files.writeString(folder.resolve("a.spans"), "no span file");
        Files.createDirectory(folder.resolve("b.spans"));
        Files.createSymbolicLink(folder.resolve("c.spans"), folder.resolve("a.spans"));
        Files.write(folder.resolve("d.spans"), new byte[1 << 16]);
        try (TracedService web = new TracedService("web", folder)) {
            final Path cut = folder.resolve("e.spans");
            Files.copy(web.file(), cut);
            try (FileChannel channel = FileChannel.open(cut, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2);
            }
            final ControlPublisher publisher = publisher();
            round(publisher);
            round(publisher);
            assertEquals(TENTH, inFile(web));
            assertEquals(5, publisher.failures());
            round(publisher);
            assertEquals(5, publisher.failures(), "not retried at once");
            after(ControlPublisher.RETRY_NS, publisher);
            assertEquals(10, publisher.failures());
        }
    }

    @Test
    void forgetsEndedProcesses() throws IOException {
        said.put(ControlConfig.ALL, TENTH);
        final ControlPublisher publisher = publisher();
        try (TracedService web = new TracedService("web", folder)) {
            DeadSpanFile.copy(web.file(), folder);
            round(publisher);
            assertEquals(1, publisher.services());
            assertEquals(1, publisher.written(), "the other process has ended");
        }
        round(publisher);
        assertEquals(0, publisher.services());
        assertEquals(0, publisher.failures());
    }

    @Test
    void leavesOutOperationsThatDoNotFit() throws IOException {
        ControlWords words = TENTH;
        for (int i = 0; i < 200; i++) {
            words = words.withOperation(i + "x".repeat(500), new Rate(0.5, 0));
        }
        said.put("web", words);
        try (TracedService web = new TracedService("web", folder)) {
            final ControlPublisher publisher = publisher();
            round(publisher);
            final ControlWords found = inFile(web);
            assertEquals(0.1, found.rate());
            assertTrue(found.operations().size() >= 16, "as many as halving leaves");
            assertEquals(
                    "0" + "x".repeat(500),
                    found.operations().keySet().iterator().next());
            round(publisher);
            assertEquals(1, publisher.written());
        }
    }

    @Test
    void requestsNoStrategyForUnnamedServices() {
        final ControlPublisher publisher = publisherWithRemote();
        remote.poll(Set.of("", "s".repeat(256)), nowNs);
        assertEquals(0, remote.requests());
        assertEquals(ControlWords.EMPTY, remote.strategy(""));
        assertNull(remote.strategy("web"), "not requested yet");
        publisher.onClose();
    }
}
