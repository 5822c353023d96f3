package io.kraken.tracer.file;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The reader's side of a span file, of a live or a dead process; read-only. Trusts nothing: the header is checked
 * against the real length once; every record is copied, then checked, then passed on. For one thread.
 *
 * <p>If the file is truncated while it is read, the JVM throws an {@code InternalError}, possibly a little later.
 */
public final class SpanFileReader {

    /** Receives records, one after the other. */
    public interface Records {
        /**
         * @param number of the record; with the generation in its commit word it identifies the span within the process
         * @param record little-endian, from offset 0 on, parts included; valid until this returns, and may be modified
         * @param length in bytes, at least that of a header; the entries have not been checked
         */
        void record(int number, ByteBuffer record, int length);
    }

    /**
     * The result of reading all records.
     *
     * @param malformed records that no writer can have written, or that the end of the process left incomplete
     */
    public record Found(long records, long malformed) {}

    private static final int NONE = 0;
    private static final int CHANGED = -1;
    private static final int MALFORMED = -2;
    /** Attempts to read an open record that changes meanwhile. */
    private static final int TRIES = 8;

    private final Path path;
    private final ByteBuffer file;
    private final SpanFileLayout layout;
    private final SpanFileLayout.Shape shape;
    private final Counters counters;
    private final ControlSlots slots;
    private final RecordParts parts;
    private final ByteBuffer copy;

    private SpanFileReader(Path path, ByteBuffer file) {
        this.path = path;
        this.file = file;
        layout = checkedLayout(file);
        shape = layout.shape();
        slots = new ControlSlots(file, layout);
        counters = new Counters(file, layout.countersOffset());
        parts = new RecordParts(file, layout);
        copy = ByteBuffer.allocate(RecordLayout.maxLength(shape.recordLength())).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @throws IOException that names the file, if it is unreadable, not a span file, of another version, or damaged */
    public static SpanFileReader open(Path path) throws IOException {
        try {
            return new SpanFileReader(path, map(path, FileChannel.MapMode.READ_ONLY));
        } catch (IllegalArgumentException e) {
            throw new IOException(path + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Maps a file whose header identifies it as a span file of this version. */
    static ByteBuffer map(Path path, FileChannel.MapMode mode) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(path + " is not a regular file");
        }
        final Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        if (mode == FileChannel.MapMode.READ_WRITE) {
            options.add(StandardOpenOption.WRITE);
        }
        try (FileChannel channel = FileChannel.open(path, options)) {
            final long size = channel.size();
            if (size < Mem.PAGE || size > Integer.MAX_VALUE) {
                throw new IOException(path + " is not a span file, or its header is not written yet");
            }
            final ByteBuffer file = channel.map(mode, 0, size).order(ByteOrder.LITTLE_ENDIAN);
            final int version = Mem.getIntAcquire(file, SpanFileLayout.VERSION_OFFSET);
            if (version == 0 || file.getLong(SpanFileLayout.MAGIC_OFFSET) != SpanFileLayout.MAGIC) {
                throw new IOException(path + " is not a span file, or its header is not written yet");
            }
            if (version != SpanFileLayout.VERSION) {
                throw new IOException(path + " is a span file of version " + version + ", this library reads version "
                        + SpanFileLayout.VERSION);
            }
            return file;
        }
    }

    /** @throws IllegalArgumentException if the header is not that of a file of this length */
    static SpanFileLayout checkedLayout(ByteBuffer file) {
        final SpanFileLayout layout = SpanFileLayout.read(file);
        if (layout.length() != file.capacity() || file.getLong(SpanFileLayout.FILE_LENGTH_OFFSET) != file.capacity()) {
            throw new IllegalArgumentException(
                    "the file has " + file.capacity() + " bytes, its header requires " + layout.length());
        }
        return layout;
    }

    // --- identity

    public Path path() {
        return path;
    }

    public SpanFileLayout.Shape shape() {
        return shape;
    }

    public long pid() {
        return file.getLong(SpanFileLayout.PID_OFFSET);
    }

    public long startedNs() {
        return file.getLong(SpanFileLayout.STARTED_OFFSET);
    }

    public long incarnationHigh() {
        return file.getLong(SpanFileLayout.INCARNATION_OFFSET);
    }

    public long incarnationLow() {
        return file.getLong(SpanFileLayout.INCARNATION_OFFSET + Long.BYTES);
    }

    /** Whether the tracer was closed properly. */
    public boolean isClosed() {
        return Mem.getIntAcquire(file, SpanFileLayout.CLOSED_OFFSET) != 0;
    }

    /** Whether the process still runs and its tracer has not been closed. */
    public boolean isAlive() {
        return Liveness.isAlive(path, file, System.currentTimeMillis());
    }

    /** In ticks; 0 before the exporter's first sign of life. */
    public long lastSignTicks() {
        return Mem.getLongAcquire(file, SpanFileLayout.LAST_SIGN_OFFSET);
    }

    /** The resource attributes of the process, as far as they fit into the file. */
    public Map<String, String> resource() {
        final int at = layout.resourceOffset();
        final int length = Mem.getIntAcquire(file, at);
        final Map<String, String> attributes = new LinkedHashMap<>();
        if (length <= 0 || length > Mem.PAGE - Integer.BYTES) {
            return attributes;
        }
        final byte[] bytes = new byte[length];
        file.get(at + Integer.BYTES, bytes);
        final String[] texts = new String(bytes, StandardCharsets.UTF_8).split("\0", -1);
        for (int i = 0; i + 1 < texts.length; i += 2) {
            attributes.put(texts[i], texts[i + 1]);
        }
        return attributes;
    }

    // --- control words and status

    /** The newest words of the author, in force or not yet. */
    public ControlWords control(ControlWords.Author author) {
        return slots.newest(author).words();
    }

    /** The generation of the author's newest words; 0 if there are none. */
    public long controlGeneration(ControlWords.Author author) {
        return slots.newest(author).generation();
    }

    /** The {@link #controlGeneration} that the tracer has applied. */
    public long appliedGeneration(ControlWords.Author author) {
        return Mem.getLongAcquire(file, layout.appliedOffset(author));
    }

    /** The program's own switch, see {@link SpanFile#recording}. */
    public boolean isSwitchedOn() {
        return Mem.getIntAcquire(file, layout.controlOffset() + SpanFileLayout.RECORDING_OFFSET) != 0;
    }

    public TracerStatus status() {
        return TracerStatus.read(file, layout.controlOffset());
    }

    // --- counters, symbols and anchors

    /** The exporter's state is not visible from outside: spans neither in a record nor settled count as held by it. */
    public Ledger ledger() {
        return Ledger.read(file, layout, counters, () -> 0).withRestWaiting();
    }

    /** The share of all records in use by spans that are open or still to be exported, 0 to 1. */
    public double recordsInUse() {
        int inUse = 0;
        for (int record = 0; record < shape.records(); record++) {
            inUse += isUntaken(record, commitWord(record)) ? 1 : 0;
        }
        return (double) inUse / shape.records();
    }

    public SymbolTable symbols() {
        return new SymbolTable(file, layout.symbolsOffset(), shape.symbolsLength());
    }

    /** A separate view for the caller. */
    public Anchors anchors() {
        return new Anchors(file, layout.anchorsOffset());
    }

    // --- spans

    /** Ended spans that the exporter has not taken. */
    public Found ended(Records to) {
        return all(RecordLayout.DONE, isAlive(), to);
    }

    /** Spans that have not ended. */
    public Found open(Records to) {
        return all(RecordLayout.OPEN, isAlive(), to);
    }

    /** @param alive whether the process may be writing meanwhile */
    Found all(int state, boolean alive, Records to) {
        long records = 0;
        long malformed = 0;
        for (int record = 0; record < shape.records(); record++) {
            int length = CHANGED;
            for (int tries = 0; tries < TRIES && length == CHANGED; tries++) {
                length = copy(record, state, alive);
            }
            if (length > 0) {
                records++;
                to.record(record, copy, length);
            } else if (length == MALFORMED) {
                malformed++;
            }
        }
        return new Found(records, malformed);
    }

    private long commitWord(int record) {
        return RecordLayout.commitWordAcquire(file, layout.recordOffset(record));
    }

    private boolean isUntaken(int record, long commitWord) {
        final long taken = Mem.getLongAcquire(file, layout.takenOffset(SpanFileLayout.chunkOf(record)));
        return RecordLayout.isUntaken(commitWord, taken, SpanFileLayout.numberOf(record));
    }

    private int copy(int record, int state, boolean alive) {
        final long word = commitWord(record);
        if (RecordLayout.state(word) != state || !isUntaken(record, word)) {
            return NONE;
        }
        final int base = layout.recordOffset(record);
        final long nextAndMoves = RecordLayout.nextAndMoves(file, base, word);
        VarHandle.acquireFence();
        final int length = parts.copy(record, copy, 0);
        VarHandle.acquireFence();
        // The commit word last: if it is unchanged, no later use was taken, after which this one would seem untaken.
        final boolean same = isUntaken(record, word)
                && RecordLayout.nextAndMoves(file, base, word) == nextAndMoves
                && commitWord(record) == word;
        // A process that died while it rewrote entries had first set the length to that of the header alone.
        final boolean moving = alive && RecordLayout.isMoving(nextAndMoves);
        return !same || moving ? CHANGED : length < 0 ? MALFORMED : length;
    }
}
