package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.inspect.QueueReading;
import io.kraken.tracer.bridge.inspect.TraceReading;
import io.kraken.tracer.bridge.inspect.Verdict;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.otlp.OtlpJson;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import io.kraken.tracer.ring.queue.ReclaimableBytes;
import io.kraken.tracer.ring.view.FileSpans;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import io.kraken.tracer.ring.view.Waterfall;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The command that shows one trace, gathered from all processes of the host. */
final class TraceCommand implements Command {

    private static final int MOST_SPANS = 100_000;
    private static final int MOST_CANDIDATES = 10;

    @Override
    public String name() {
        return "trace";
    }

    @Override
    public String summary() {
        return "shows one trace, gathered from all processes of this host";
    }

    @Override
    public String help() {
        return """
                [--format=text|html|json] [--queues=DIR] [--files=DIR] ID

                Gathers the spans of one trace from the queues and the span files of this host and shows them on a time
                line. ID is a trace id, 32 hexadecimal digits, or at least its first 8 digits if they are unambiguous.
                Spans that have not ended, or whose process died, are included and marked. With a whole id, queue files
                are searched through the trace index of the bridge, if there is one that can be read; with the first
                digits of an id, and without an index, all documents are read, which takes longer.

                  --format=text    default: a waterfall as wide as the terminal
                  --format=html    a waterfall as a self-contained HTML page
                  --format=json    OTLP JSON
                  --queues=DIR     root directory of the queues; default: KRAKEN_TRACER_QUEUE_DIR, else the user's
                                   state directory
                  --files=DIR      directory of the span files; default: KRAKEN_TRACER_FILE, else /dev/shm
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments = Arguments.parse(given, Set.of("format", "queues", "files"), Set.of());
        final String format = arguments.choice("format", List.of("text", "html", "json"));
        if (arguments.rest().size() != 1) {
            throw new UsageException("exactly one trace id is required");
        }
        final TracePrefix id = TracePrefix.of(arguments.rest().get(0));
        final Path root = DataPaths.queueRoot(arguments.path("queues"));
        final Search search = new Search(id, console);
        final int files = search.files(DataPaths.spanFiles(arguments.path("files")));
        final int queues = search.queues(root);
        final Set<String> ids = search.traceIds();
        if (ids.isEmpty()) {
            console.note(Waterfall.clean(KrakenTrace.NAME + " trace: no span of trace " + id.digits() + " in " + queues
                    + " queues below " + root + " and " + files + " span files"));
            return WRONG;
        }
        if (ids.size() > 1) {
            throw new UsageException("ambiguous: several trace ids begin with " + id.digits() + ": "
                    + String.join(" ", ids.stream().limit(MOST_CANDIDATES).toList()));
        }
        show(new ArrayList<>(search.spans.values()), format, console);
        return OK;
    }

    private static void show(List<SpanData> spans, String format, Console console) {
        switch (format) {
            case "html" ->
                console.print(Waterfall.html(spans, "trace " + spans.get(0).traceId()));
            case "json" -> console.line(OtlpJson.line(spans));
            default -> console.print(Waterfall.text(spans, console.width()));
        }
    }

    /**
     * A search in span files first, then in queues. An open span ends in its record of the span file and moves from
     * there to a queue, so a search in that order misses no span; of several copies the last one found is the most
     * complete.
     */
    private static final class Search implements QueueReading.Visitor {

        private record Key(String traceId, String spanId) {}

        private final TracePrefix wanted;
        private final Console console;
        private final Map<Key, SpanData> spans = new LinkedHashMap<>();
        private Path path;
        private boolean full;

        Search(TracePrefix wanted, Console console) {
            this.wanted = wanted;
            this.console = console;
        }

        Set<String> traceIds() {
            final Set<String> ids = new TreeSet<>();
            spans.keySet().forEach(key -> ids.add(key.traceId));
            return ids;
        }

        /** Returns how many files could be read. */
        int files(List<Path> files) {
            int read = 0;
            for (Path file : files) {
                path = file;
                final Map<Key, SpanData> open = new LinkedHashMap<>();
                try {
                    FileSpans.read(SpanFileReader.open(file), wanted, span -> add(span, open));
                    read++;
                } catch (IOException e) {
                    damage(Verdict.about(e));
                }
                open.forEach(spans::putIfAbsent);
            }
            return read;
        }

        private void add(SpanData span, Map<Key, SpanData> open) {
            final boolean ended = span.attributes().get(FileSpans.OPEN) == null
                    && span.attributes().get(FileSpans.INTERRUPTED) == null;
            put(span, ended ? spans : open);
        }

        private void put(SpanData span, Map<Key, SpanData> into) {
            final Key key = new Key(span.traceId(), span.spanId());
            if (into.size() < MOST_SPANS || into.containsKey(key)) {
                into.put(key, span);
            } else if (!full) {
                full = true;
                damage("the trace has more than " + MOST_SPANS + " spans; the others are not shown");
            }
        }

        int queues(Path root) throws IOException {
            final List<Path> directories = DataPaths.queues(root);
            if (directories.isEmpty()) {
                return 0;
            }
            Queues.check(); // once here, or every queue would report the same error
            final QueueReading reading = new QueueReading();
            final TraceReading indexed =
                    new TraceReading(HostLog.reader(root.resolve(ReclaimableBytes.DIRECTORY)), reading);
            int read = 0;
            for (Path directory : directories) {
                path = directory;
                try {
                    if (wanted.isWhole()) {
                        indexed.read(directory, wanted.high(), wanted.low(), this);
                    } else {
                        reading.read(directory, QueueTailer.NO_INDEX, this);
                    }
                    read++;
                } catch (IOException e) {
                    damage(Verdict.about(e));
                }
            }
            return read;
        }

        @Override
        public void document(long index, BatchReader document) {
            for (int record = 0; record < document.count(); record++) {
                if (isWanted(document, record)) {
                    SpanDecoder.decode(document).stream().filter(this::isWanted).forEach(span -> put(span, spans));
                    return;
                }
            }
        }

        private boolean isWanted(BatchReader document, int record) {
            final int at = document.offset(record);
            return wanted.include(
                    RecordLayout.traceIdHigh(document.buffer(), at), RecordLayout.traceIdLow(document.buffer(), at));
        }

        private boolean isWanted(SpanData span) {
            return span.traceId().startsWith(wanted.digits());
        }

        @Override
        public void damage(String what) {
            console.note(Waterfall.clean(KrakenTrace.NAME + " trace: " + path + ": " + what));
        }
    }
}
