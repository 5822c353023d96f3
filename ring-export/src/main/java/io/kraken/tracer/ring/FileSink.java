package io.kraken.tracer.ring;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Appends spans to a file, OTLP/JSON, a line for every few hundred of them. A file that it makes can be read by its
 * owner only. Once the file is large it gets {@code .1} appended to its name, replacing the one before. What could not
 * be written whole is cut off again and counted; the file is opened anew a little later, and until then spans stay
 * where they come from.
 */
public final class FileSink implements BatchSink {

    private static final int SPANS_A_LINE = 256;
    private static final long REOPEN_NS = TimeUnit.SECONDS.toNanos(1);
    private static final String OLD = ".1";

    private final Counters counters;
    private final SpanDecoder decoder;
    private final Path path;
    private final long mostBytes;
    private final Problems problems;
    private final StringBuilder line = new StringBuilder();

    private FileChannel file;
    private boolean broken;
    private long reopenAtNs;
    private boolean draining;
    private boolean closed;

    public FileSink(RingExport.Environment environment) {
        counters = environment.file().counters();
        decoder = new SpanDecoder(environment);
        path = pathOf(environment).toAbsolutePath();
        mostBytes = (long) environment.config().get(ExportSettings.FILE_MEGABYTES) << 20;
        problems = new Problems(path.toString());
    }

    private static Path pathOf(RingExport.Environment environment) {
        final String given = environment.config().get(ExportSettings.FILE_PATH);
        try {
            return Path.of(given.strip());
        } catch (java.nio.file.InvalidPathException e) {
            environment
                    .config()
                    .warn(ExportSettings.FILE_PATH + " is no path; " + ExportSettings.FILE_PATH.byDefault()
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
            final int from = Math.max(0, batch.count() - SPANS_A_LINE);
            final List<SpanData> spans = decoder.decode(batch, from);
            batch.truncate(from);
            if (!spans.isEmpty()) {
                write(spans, nowNs);
            }
        }
        counters.add(Counter.EXPORT_NANOS, System.nanoTime() - begunNs);
    }

    private void write(List<SpanData> spans, long nowNs) {
        if (file == null) {
            counters.add(Counter.SINK_ERROR, spans.size());
            return;
        }
        line.setLength(0);
        OtlpJson.append(line, spans);
        final ByteBuffer bytes = StandardCharsets.UTF_8.encode(line.append('\n').toString());
        final int length = bytes.remaining();
        counters.increment(Counter.REQUESTS);
        try {
            if (file.size() > 0 && file.size() + length > mostBytes) {
                roll();
            }
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            counters.add(Counter.SHIPPED, spans.size());
            counters.add(Counter.BYTES_SENT, length);
        } catch (IOException | RuntimeException e) {
            counters.add(Counter.SINK_ERROR, spans.size());
            giveUp(e, bytes.position(), nowNs);
        }
    }

    private boolean open(long nowNs) {
        if (file != null) {
            return true;
        }
        if (broken && !draining && nowNs - reopenAtNs < 0) {
            return false;
        }
        try {
            open();
            return true;
        } catch (IOException | RuntimeException e) {
            giveUp(e, 0, nowNs);
            return false;
        }
    }

    private void open() throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException("is not a file"); // to open a pipe could take for ever
        }
        final boolean posix =
                FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        final FileAttribute<?>[] ownerOnly = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        file = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                ownerOnly);
        broken = false;
    }

    private void roll() throws IOException {
        file.close();
        file = null;
        Files.move(path, path.resolveSibling(path.getFileName() + OLD), StandardCopyOption.REPLACE_EXISTING);
        open();
    }

    /**
     * Leaves whole lines behind, and the file closed.
     *
     * @param written bytes of the line that failed
     */
    private void giveUp(Exception problem, int written, long nowNs) {
        counters.increment(Counter.EXPORT_ERRORS);
        problems.report("spans can't be written: " + problem);
        broken = true;
        reopenAtNs = nowNs + REOPEN_NS;
        if (file != null) {
            try (FileChannel failed = file) {
                failed.truncate(failed.size() - written);
            } catch (IOException e) {
                problems.note("half a line may stand in it: " + e);
            }
            file = null;
        }
    }

    @Override
    public int doWork(long nowNs) {
        return 0;
    }

    /** From here on what can't be written is rejected: there is no later. */
    @Override
    public void drain() {
        draining = true;
    }

    @Override
    public long waiting() {
        return 0;
    }

    @Override
    public void close() {
        closed = true;
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            problems.report("closing: " + e);
        }
        file = null;
    }

    @Override
    public String describe() {
        return "file " + path + problems.suffix();
    }
}
