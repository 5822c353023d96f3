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
 * The reader's side of a span file, of a living process or of a dead one; changes nothing. Believes nothing either: the
 * header is checked against the real length once, every record is copied, then checked, then handed on. One thread.
 *
 * <p>Not for a file that this process itself writes, except in tests: opening it and closing it again gives up the
 * lock that says the process lives. A file that is cut off while it is read is an {@code InternalError}, which the JVM
 * may throw a little later than where it happened.
 */
public final class SpanFileReader {

    /** Takes records, one after the other. */
    public interface Records {
        /**
         * @param record little-endian, from offset 0 on; good until this returns, and the receiver's to change. The
         * first word is the commit word or the staging state, the second one the number of the lane or the lease
         * @param length bytes, a header's at least; the entries have not been looked at
         */
        void record(ByteBuffer record, int length);
    }

    /**
     * What there was.
     *
     * @param malformed records that nobody can have written like this, or that were cut short by the end of the process
     */
    public record Found(long records, long malformed) {}

    private static final int NONE = 0;
    private static final int CHANGED = -1;
    private static final int MALFORMED = -2;
    /** How often an open record is read again that changed meanwhile. */
    private static final int TRIES = 8;

    private final Path path;
    private final ByteBuffer file;
    private final SpanFileLayout layout;
    private final SpanFileLayout.Shape shape;
    private final Counters counters;
    private final ControlSlots slots;
    private final ByteBuffer copy;

    private SpanFileReader(Path path, ByteBuffer file) {
        this.path = path;
        this.file = file;
        layout = checkedLayout(file);
        shape = layout.shape();
        slots = new ControlSlots(file, layout);
        counters = new Counters(file, layout.countersOffset());
        copy = ByteBuffer.allocate(RecordLayout.MAX_SLOTS * shape.recordLength())
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @throws IOException that names the file, when it can't be read, is none, is of another version or is damaged */
    public static SpanFileReader open(Path path) throws IOException {
        try {
            return new SpanFileReader(path, map(path, FileChannel.MapMode.READ_ONLY));
        } catch (IllegalArgumentException e) {
            throw new IOException(path + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Maps what says of itself that it is a span file of this version. */
    static ByteBuffer map(Path path, FileChannel.MapMode mode) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(path + " is no file");
        }
        final Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        if (mode == FileChannel.MapMode.READ_WRITE) {
            options.add(StandardOpenOption.WRITE);
        }
        try (FileChannel channel = FileChannel.open(path, options)) {
            final long size = channel.size();
            if (size < Mem.PAGE || size > Integer.MAX_VALUE) {
                throw new IOException(path + " is no span file, or none yet");
            }
            final ByteBuffer file = channel.map(mode, 0, size).order(ByteOrder.LITTLE_ENDIAN);
            final int version = Mem.getIntAcquire(file, SpanFileLayout.VERSION_OFFSET);
            if (version == 0 || file.getLong(SpanFileLayout.MAGIC_OFFSET) != SpanFileLayout.MAGIC) {
                throw new IOException(path + " is no span file, or none yet");
            }
            if (version != SpanFileLayout.VERSION) {
                throw new IOException(path + " is a span file of version " + version + ", this library knows "
                        + SpanFileLayout.VERSION);
            }
            return file;
        }
    }

    /** @throws IllegalArgumentException when the header is not that of a file of this length */
    static SpanFileLayout checkedLayout(ByteBuffer file) {
        final SpanFileLayout layout = SpanFileLayout.read(file);
        if (layout.length() != file.capacity() || file.getLong(SpanFileLayout.FILE_LENGTH_OFFSET) != file.capacity()) {
            throw new IllegalArgumentException(
                    "it has " + file.capacity() + " bytes and should have " + layout.length());
        }
        return layout;
    }

    // --- whose it is

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

    /** Whether the tracer was closed in good order. */
    public boolean isClosed() {
        return Mem.getIntAcquire(file, SpanFileLayout.CLOSED_OFFSET) != 0;
    }

    /** Whether the process still runs. */
    public boolean isAlive() {
        return SpanFile.isAlive(path);
    }

    /** In ticks; 0 before the exporter's first one. */
    public long lastSignTicks() {
        return Mem.getLongAcquire(file, SpanFileLayout.LAST_SIGN_OFFSET);
    }

    /** What describes the process, as far as the file has it. */
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

    // --- how it decides

    /** What the author says, in force or not yet. */
    public ControlWords control(ControlWords.Author author) {
        return slots.newest(author).words();
    }

    /** Counts what the author has said; 0 before the first time. */
    public long controlGeneration(ControlWords.Author author) {
        return slots.newest(author).generation();
    }

    /** The {@link #controlGeneration} that the tracer acts on. */
    public long appliedGeneration(ControlWords.Author author) {
        return Mem.getLongAcquire(file, layout.appliedOffset(author));
    }

    /** The switch that the program and its control word have. */
    public boolean isSwitchedOn() {
        return Mem.getIntAcquire(file, layout.controlOffset() + SpanFileLayout.RECORDING_OFFSET) != 0;
    }

    public TracerStatus status() {
        return TracerStatus.read(file, layout.controlOffset());
    }

    // --- what it counts and knows

    /** What the exporter holds can't be seen from outside: what is neither in the lanes nor settled counts as that. */
    public Ledger ledger() {
        return Ledger.read(file, layout, counters, 0).withRestWaiting();
    }

    /** How much of the fullest lane is taken, 0 to 1. */
    public double fullestLane() {
        long most = 0;
        for (int lane = 0; lane < shape.lanes(); lane++) {
            final int header = layout.laneHeaderOffset(lane);
            final long consumed = Mem.getLongAcquire(file, header + SpanFileLayout.LANE_CONSUMED_RECORDS_OFFSET);
            most = Math.max(most, Mem.getLongAcquire(file, header + SpanFileLayout.LANE_PUBLISHED_OFFSET) - consumed);
        }
        return Math.min(1, (double) most / shape.laneSlots());
    }

    public SymbolTable symbols() {
        return new SymbolTable(file, layout.symbolsOffset(), shape.symbolsLength());
    }

    /** A view of its own. */
    public Anchors anchors() {
        return new Anchors(file, layout.anchorsOffset());
    }

    // --- ended spans

    /** Those that the exporter has not taken from the lanes, each lane's in their order. */
    public Found ended(Records to) {
        long records = 0;
        long malformed = 0;
        for (int lane = 0; lane < shape.lanes(); lane++) {
            long next = consumed(lane);
            int looked = 0;
            while (looked < shape.laneSlots()) {
                final int announced = announced(lane, next);
                final int length = copySlots(lane, next, announced);
                VarHandle.acquireFence();
                final long consumed = consumed(lane);
                if (consumed > next) { // what was copied may have been written over
                    next = consumed;
                    looked++;
                    continue;
                }
                if (announced == 0) {
                    break;
                }
                if (length == MALFORMED) {
                    malformed++;
                } else {
                    records++;
                    to.record(copy, length);
                }
                next += announced;
                looked += announced;
            }
        }
        return new Found(records, malformed);
    }

    private long consumed(int lane) {
        return Mem.getLongAcquire(file, layout.laneHeaderOffset(lane) + SpanFileLayout.LANE_CONSUMED_SLOTS_OFFSET);
    }

    private int slotOffset(int lane, long sequence) {
        return layout.laneSlotsOffset(lane) + ((int) sequence & shape.laneSlots() - 1) * shape.recordLength();
    }

    private int announced(int lane, long sequence) {
        return RecordLayout.committedSlots(Mem.getLongAcquire(file, slotOffset(lane, sequence)), sequence);
    }

    private int copySlots(int lane, long first, int announced) {
        if (announced > shape.laneSlots()) {
            return MALFORMED;
        }
        final int payload = shape.recordLength() - Long.BYTES;
        for (int i = 0; i < announced; i++) {
            final int slot = slotOffset(lane, first + i);
            if (i > 0 && file.getLong(slot) != RecordLayout.commitWord(first + i, 0)) {
                return MALFORMED;
            }
            copy.put(Long.BYTES + i * payload, file, slot + Long.BYTES, payload);
        }
        final int length = RecordLayout.length(copy, 0);
        if (length < RecordLayout.HEADER_LENGTH || length > Long.BYTES + announced * payload) {
            return MALFORMED;
        }
        copy.putLong(RecordLayout.STATE_OFFSET, RecordLayout.commitWord(first, announced));
        RecordLayout.lane(copy, 0, lane);
        return length;
    }

    // --- open spans

    /** @param alive whether the process still runs: then a record in the middle of a change is read again */
    public Found open(boolean alive, Records to) {
        long records = 0;
        long malformed = 0;
        for (int i = 0; i < shape.stagingRecords(); i++) {
            int length = CHANGED;
            for (int tries = 0; tries < TRIES && length == CHANGED; tries++) {
                length = copyOpen(layout.stagingOffset() + i * shape.recordLength(), alive);
            }
            if (length > 0) {
                records++;
                to.record(copy, length);
            } else if (length == MALFORMED) {
                malformed++;
            }
        }
        return new Found(records, malformed);
    }

    private int copyOpen(int home, boolean alive) {
        final long state = Mem.getLongAcquire(file, home);
        if (!RecordLayout.isOpen(state) || RecordLayout.leaseAcquire(file, home) != state) {
            return NONE;
        }
        final long overflowAndMoves = Mem.getLongAcquire(file, home + RecordLayout.OVERFLOW_OFFSET);
        final int overflow = (int) overflowAndMoves;
        final int base = overflow != 0 ? overflow : home;
        final int room = overflow != 0 ? overflowRoom(overflow) : shape.recordLength();
        int length = room == 0 ? 0 : Mem.getIntAcquire(file, base + RecordLayout.LENGTH_OFFSET);
        if (length >= RecordLayout.HEADER_LENGTH && length <= room) {
            copy.put(0, file, base, length);
        } else {
            length = MALFORMED;
        }
        VarHandle.acquireFence();
        final boolean same =
                file.getLong(home) == state && file.getLong(home + RecordLayout.OVERFLOW_OFFSET) == overflowAndMoves;
        // A process that died while it moved entries has first said that there are none.
        final boolean moving = alive && (overflowAndMoves >>> Integer.SIZE & 1) != 0;
        return same && !moving ? length : CHANGED;
    }

    /** Bytes of the overflow record that begins at this offset; 0 when none does. */
    private int overflowRoom(int offset) {
        final int medium = offset - layout.mediumOffset();
        if (isIn(medium, shape.mediumRecords(), shape.mediumLength())) {
            return shape.mediumLength();
        }
        final int large = offset - layout.largeOffset();
        return isIn(large, shape.largeRecords(), shape.largeLength()) ? shape.largeLength() : 0;
    }

    private static boolean isIn(int offset, int records, int length) {
        return offset >= 0 && offset % length == 0 && offset / length < records;
    }
}
