package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.inspect.QueueReading;
import io.kraken.tracer.bridge.inspect.Verdict;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.otlp.OtlpJson;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.view.FileSpans;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import io.kraken.tracer.ring.view.Waterfall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The command that prints the contents of queues and span files. */
final class DumpCommand implements Command {

    private static final String JSON = "json";
    private static final int SPANS_OF_A_LINE = 64;

    @Override
    public String name() {
        return "dump";
    }

    @Override
    public String summary() {
        return "prints the spans in queues and span files, as text or OTLP JSON";
    }

    @Override
    public String help() {
        return """
                [--format=text|json] [--from=INDEX] FILE-OR-DIRECTORY...

                Prints the spans in queues (the directory of one queue, or the root directory for all) and in span
                files, of live and of dead processes. Damaged parts are reported on standard error and skipped.

                  --format=text   default: each document with its index, each span with all its data
                  --format=json   OTLP JSON, one line per document, as the Collector's file exporter writes it
                  --from=INDEX    start at the document with this index, as printed by --format=text; one queue only
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments = Arguments.parse(given, Set.of("format", "from"), Set.of());
        final boolean json = arguments.choice("format", List.of("text", JSON)).equals(JSON);
        final long from = index(arguments.text("from", null));
        final List<Path> paths = arguments.paths();
        if (paths.isEmpty()) {
            throw new UsageException("a queue or a span file is required");
        }
        final Dump dump = new Dump(console, json);
        for (Path path : paths) {
            if (!Files.isDirectory(path)) {
                dump.file(path);
                continue;
            }
            final List<Path> queues = DataPaths.queues(path);
            if (queues.isEmpty()) {
                throw new IOException(path + " is not a queue and contains none");
            }
            if (from != QueueTailer.NO_INDEX && (queues.size() > 1 || paths.size() > 1)) {
                throw new UsageException("--from needs exactly one queue; " + path + " contains " + queues.size());
            }
            for (Path queue : queues) {
                dump.queue(queue, from);
            }
        }
        return dump.damaged ? WRONG : OK;
    }

    private static long index(String text) throws UsageException {
        try {
            return text == null ? QueueTailer.NO_INDEX : Long.parseLong(text, 16);
        } catch (NumberFormatException e) {
            throw new UsageException("--from is '" + text + "' but must be a hexadecimal index as printed by dump");
        }
    }

    private static final class Dump implements QueueReading.Visitor {

        private final Console console;
        private final boolean json;
        private final QueueReading reading = new QueueReading();
        private boolean damaged;
        private Path path;

        Dump(Console console, boolean json) {
            this.console = console;
            this.json = json;
        }

        void queue(Path directory, long from) throws IOException {
            path = directory;
            try {
                final QueueDescriptor of = QueueDescriptor.read(directory);
                head("queue " + directory + ": " + of.service() + " on " + of.host() + ", process " + of.pid()
                        + (QueueRoot.isAlive(directory) ? ", alive" : ", gone") + ", started "
                        + SpanText.time(of.startedNs()));
            } catch (IOException e) {
                damage(Verdict.about(e));
            }
            try {
                reading.read(directory, from, this);
            } catch (IOException e) {
                damage(Verdict.about(e));
            }
        }

        private void head(String text) {
            if (!json) {
                console.line(Waterfall.clean(text));
            }
        }

        @Override
        public void document(long index, BatchReader document) {
            final List<SpanData> spans = SpanDecoder.decode(document);
            if (spans.size() < document.count()) {
                damage("document " + document.number() + " has " + (document.count() - spans.size())
                        + " malformed records");
            }
            if (!json) {
                console.line(String.format(
                        Locale.ROOT,
                        "document %d at index %x: %d spans after %d, %d bytes, %d symbols, %d left out",
                        document.number(),
                        index,
                        document.count(),
                        document.earlier(),
                        document.length(),
                        document.symbols(),
                        document.leftOut()));
            }
            print(spans);
        }

        private void print(List<SpanData> spans) {
            if (json) {
                if (!spans.isEmpty()) {
                    console.line(OtlpJson.line(spans));
                }
                return;
            }
            final StringBuilder text = new StringBuilder(256 * spans.size());
            spans.forEach(span -> SpanText.append(text, span));
            console.print(text.toString());
        }

        @Override
        public void damage(String what) {
            damaged = true;
            console.note(Waterfall.clean(KrakenTrace.NAME + " dump: " + path + ": " + what));
        }

        void file(Path file) throws IOException {
            path = file;
            final SpanFileReader reader = SpanFileReader.open(file);
            head("span file " + file + ": " + reader.resource().getOrDefault("service.name", "") + ", process "
                    + reader.pid() + (reader.isClosed() ? ", closed" : reader.isAlive() ? ", alive" : ", gone")
                    + ", started " + SpanText.time(reader.startedNs()));
            head(reader.ledger().toString());
            final List<SpanData> some = new ArrayList<>(SPANS_OF_A_LINE);
            final FileSpans.Found found = FileSpans.read(reader, FileSpans.Traces.ALL, span -> {
                some.add(span);
                if (some.size() == SPANS_OF_A_LINE) {
                    print(some);
                    some.clear();
                }
            });
            print(some);
            if (found.malformed() > 0) {
                damage(found.malformed() + " malformed records");
            }
        }
    }
}
