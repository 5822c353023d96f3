package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * An append-only file of complete lines. A file created here is readable by its owner only. At its maximum size it is
 * renamed with {@code .1} appended, replacing an older one. An incomplete line at the end, left by a process that was
 * killed or by a full disk, is cut off. Used by one thread.
 */
public final class LineFile implements AutoCloseable {

    private static final String OLD = ".1";
    private static final int BLOCK = 64 << 10;

    /** Opens a file for appending, or creates it. */
    public interface Opener {
        SeekableByteChannel open(Path path) throws IOException;
    }

    private final Path path;
    private final long mostBytes;
    private final Opener opener;
    private SeekableByteChannel file;

    public LineFile(Path path, long mostBytes) {
        this(path, mostBytes, LineFile::openOwnerOnly);
    }

    public LineFile(Path path, long mostBytes, Opener opener) {
        this.path = path.toAbsolutePath();
        this.mostBytes = mostBytes;
        this.opener = opener;
    }

    public Path path() {
        return path;
    }

    public boolean isOpen() {
        return file != null;
    }

    /** Opens the file; does nothing when it is open already. */
    public void open() throws IOException {
        if (file != null) {
            return;
        }
        if (Files.exists(path)) {
            if (!Files.isRegularFile(path)) {
                throw new IOException("is not a regular file"); // opening a pipe could block for ever
            }
            cutIncompleteLine();
        }
        file = opener.open(path);
    }

    private static SeekableByteChannel openOwnerOnly(Path path) throws IOException {
        return Files.newByteChannel(
                path,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                OwnerOnly.file());
    }

    private void cutIncompleteLine() throws IOException {
        try (SeekableByteChannel found =
                Files.newByteChannel(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final long completeLength = endOfLastLine(found);
            if (completeLength < found.size()) {
                found.truncate(completeLength);
            }
        }
    }

    private static long endOfLastLine(SeekableByteChannel found) throws IOException {
        final ByteBuffer block = ByteBuffer.allocate(BLOCK);
        for (long end = found.size(); end > 0; ) {
            final long from = Math.max(0, end - BLOCK);
            block.clear().limit((int) (end - from));
            found.position(from);
            while (block.hasRemaining() && found.read(block) >= 0) {
                // A read may return less than was asked for.
            }
            for (int i = block.position() - 1; i >= 0; i--) {
                if (block.get(i) == '\n') {
                    return from + i + 1;
                }
            }
            end = from;
        }
        return 0;
    }

    /**
     * Appends lines, each with its line end: either all of them or, when this throws, none. After an exception the file
     * is closed, and the next call opens it again.
     */
    public void append(ByteBuffer lines) throws IOException {
        final int from = lines.position();
        try {
            open();
            if (file.size() > 0 && file.size() + lines.remaining() > mostBytes) {
                roll();
            }
            while (lines.hasRemaining()) {
                file.write(lines);
            }
        } catch (IOException | RuntimeException e) {
            rollBack(lines.position() - from, e);
            throw e;
        }
    }

    private void roll() throws IOException {
        close();
        Files.move(path, path.resolveSibling(path.getFileName() + OLD), StandardCopyOption.REPLACE_EXISTING);
        open();
    }

    /**
     * Cuts off what was written. If that fails, an incomplete line is cut off when the file is opened again, but
     * complete lines remain.
     */
    private void rollBack(int written, Exception cause) {
        if (file == null) {
            return;
        }
        try (SeekableByteChannel failed = file) {
            failed.truncate(failed.size() - written);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        file = null;
    }

    @Override
    public void close() throws IOException {
        final SeekableByteChannel open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}
