package io.kraken.tracer.ring;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file of whole lines that is only appended to. One that is made here can be read by its owner alone. Once it is
 * large it gets {@code .1} appended to its name, replacing the one before. Half a line at the end, of a process that
 * was killed or a disk that was full, is cut off. One thread.
 */
public final class LineFile implements AutoCloseable {

    private static final String OLD = ".1";
    private static final int BLOCK = 64 << 10;

    /** Opens a file to append to it, or makes it. */
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

    /** Does nothing when it is open. */
    public void open() throws IOException {
        if (file != null) {
            return;
        }
        if (Files.exists(path)) {
            if (!Files.isRegularFile(path)) {
                throw new IOException("is not a file"); // to open a pipe could take for ever
            }
            cutHalfALine();
        }
        file = opener.open(path);
    }

    private static SeekableByteChannel openOwnerOnly(Path path) throws IOException {
        final boolean posix =
                FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        final FileAttribute<?>[] ownerOnly = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        return Files.newByteChannel(
                path,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                ownerOnly);
    }

    private void cutHalfALine() throws IOException {
        try (SeekableByteChannel found =
                Files.newByteChannel(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final long whole = endOfLastLine(found);
            if (whole < found.size()) {
                found.truncate(whole);
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
                // A read may bring less than was asked for.
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
     * Appends lines, each with its end: all of them or, when this throws, none. Afterwards the file is closed then, and
     * opened anew by the next.
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
            giveUp(lines.position() - from, e);
            throw e;
        }
    }

    private void roll() throws IOException {
        close();
        Files.move(path, path.resolveSibling(path.getFileName() + OLD), StandardCopyOption.REPLACE_EXISTING);
        open();
    }

    /** What can't be cut off now is cut off when the file is opened again, but for lines that are whole. */
    private void giveUp(int written, Exception cause) {
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
