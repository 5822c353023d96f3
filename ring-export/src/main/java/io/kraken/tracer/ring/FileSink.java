package io.kraken.tracer.ring;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.ring.otlp.LineFile;
import io.kraken.tracer.ring.otlp.OtlpJson;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A sink that appends spans to a {@link LineFile} as OTLP/JSON, up to 256 spans per line. A line that could not be
 * written completely is cut off again and its spans are counted as lost; the file is reopened a second later, and until
 * then spans stay in their records.
 */
public final class FileSink implements BatchSink {

    private static final int SPANS_PER_LINE = 256;
    private static final long REOPEN_NS = TimeUnit.SECONDS.toNanos(1);

    private final Counters counters;
    private final SpanDecoder decoder;
    private final LineFile file;
    private final ThrottledLog problems;
    private final StringBuilder line = new StringBuilder();

    private boolean broken;
    private long reopenAtNs;
    private boolean draining;
    private boolean closed;

    public FileSink(RingExport.Environment environment) {
        counters = environment.file().counters();
        decoder = new SpanDecoder(environment.file(), environment.config().resource());
        file = new LineFile(pathOf(environment), (long) environment.config().get(ExportSettings.FILE_MEGABYTES) << 20);
        problems = ThrottledLog.about(file.path().toString());
    }

    private static Path pathOf(RingExport.Environment environment) {
        final String given = environment.config().get(ExportSettings.FILE_PATH);
        try {
            return Path.of(given.strip());
        } catch (java.nio.file.InvalidPathException e) {
            environment
                    .config()
                    .problem(ExportSettings.FILE_PATH + " is not a valid path; " + ExportSettings.FILE_PATH.byDefault()
                            + " is used");
            return Path.of(ExportSettings.FILE_PATH.byDefault());
        }
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        if (closed) {
            return;
        }
        final long begunNs = System.nanoTime();
        while (!batch.isEmpty() && (open(nowNs) || draining)) {
            final int from = Math.max(0, batch.count() - SPANS_PER_LINE);
            final List<SpanData> spans = decoder.decode(batch, from);
            batch.truncate(from);
            if (!spans.isEmpty()) {
                write(spans, nowNs);
            }
        }
        counters.add(Counter.EXPORT_NANOS, System.nanoTime() - begunNs);
    }

    private void write(List<SpanData> spans, long nowNs) {
        if (!file.isOpen()) {
            counters.add(Counter.SINK_ERROR, spans.size());
            return;
        }
        line.setLength(0);
        OtlpJson.append(line, spans);
        final ByteBuffer bytes = StandardCharsets.UTF_8.encode(line.append('\n').toString());
        final int length = bytes.remaining();
        counters.increment(Counter.REQUESTS);
        try {
            file.append(bytes);
            counters.add(Counter.SHIPPED, spans.size());
            counters.add(Counter.BYTES_SENT, length);
        } catch (IOException | RuntimeException e) {
            counters.add(Counter.SINK_ERROR, spans.size());
            failed(e, nowNs);
        }
    }

    private boolean open(long nowNs) {
        if (broken && !draining && nowNs - reopenAtNs < 0) {
            return false;
        }
        try {
            file.open();
            broken = false;
            return true;
        } catch (IOException | RuntimeException e) {
            failed(e, nowNs);
            return false;
        }
    }

    private void failed(Exception problem, long nowNs) {
        counters.increment(Counter.EXPORT_ERRORS);
        problems.report("writing failed, the file is reopened in 1 s: " + problem);
        broken = true;
        reopenAtNs = nowNs + REOPEN_NS;
    }

    /** From now on spans that can't be written are rejected, since there will be no retry. */
    @Override
    public void drain() {
        draining = true;
    }

    @Override
    public void close() {
        closed = true;
        try {
            file.close();
        } catch (IOException e) {
            problems.report("closing the file failed: " + e);
        }
        problems.logAll();
    }

    @Override
    public String describe() {
        return "file " + file.path() + problems.suffix();
    }
}
