package io.kraken.tracer.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;

/**
 * The writer's side of a span file, or of the same layout in anonymous memory. Every page is allocated before the first
 * span: a file system that fills up later can't crash the process. The mapping is never removed while a thread could
 * still touch it; only the garbage collector unmaps it.
 */
public final class SpanFile implements AutoCloseable {

    public static final String SUFFIX = ".spans";
    /** The default location of span files: each user's are in a subdirectory that belongs to the user. */
    public static final Path SHARED_MEMORY = Path.of("/dev/shm");
    /** The prefix of the name of such a directory; the user's name follows. */
    public static final String DIRECTORY_PREFIX = "kraken-tracer-";

    private static final int ZERO_CHUNK = 1 << 20;

    private final ByteBuffer buffer;
    private final Memory memory;
    private final SpanFileLayout layout;
    private final Path path;
    /** Open while the file is in use: closing it releases the lock that proves that this process is alive. */
    private final FileChannel lock;

    private final Counters counters;
    private final Anchors anchors;
    private final SymbolTable symbols;
    private final ControlReader controlReader;
    private volatile boolean recording;
    private volatile ControlWords control = ControlWords.EMPTY;
    private boolean controlChanged;
    /** The word by which recording is switched, as last read. */
    private int recordingWord;
    /** Whether the last valid word has switched recording on. */
    private boolean switchedOn;

    private SpanFile(ByteBuffer buffer, SpanFileLayout layout, Path path, FileChannel lock) {
        this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
        this.memory = Memory.of(buffer);
        this.layout = layout;
        this.path = path;
        this.lock = lock;
        this.counters = new Counters(buffer, layout.countersOffset());
        this.anchors = new Anchors(buffer, layout.anchorsOffset());
        this.symbols =
                new SymbolTable(buffer, layout.symbolsOffset(), layout.shape().symbolsLength());
        this.controlReader = new ControlReader(this);
    }

    /** The same memory without a file: its content does not survive the process. */
    public static SpanFile anonymous(SpanFileLayout layout) {
        final ByteBuffer memory = ByteBuffer.allocateDirect(layout.length() + Mem.PAGE);
        return new SpanFile(memory.alignedSlice(Mem.PAGE).slice(0, layout.length()), layout, null, null);
    }

    /** Thrown if there is less room than the span file needs. */
    public static final class NoRoomException extends IOException {
        private static final long serialVersionUID = 1;

        NoRoomException(String message, IOException cause) {
            super(message, cause);
        }
    }

    /**
     * Creates, locks, allocates and maps a new file that only its owner can read, in a directory that was {@linkplain
     * #prepare prepared}.
     *
     * @throws NoRoomException if there is not enough room; a smaller file may fit
     * @throws IOException if the file can't be created; in both cases all files created here have been deleted
     */
    public static SpanFile create(Path directory, String name, SpanFileLayout layout) throws IOException {
        final long usable = Files.getFileStore(directory).getUsableSpace();
        if (usable < layout.length()) {
            throw new NoRoomException(
                    "the span file needs " + layout.length() + " bytes, and " + usable + " are free in " + directory,
                    null);
        }
        final Path path = directory.toRealPath().resolve(name + SUFFIX);
        final FileChannel lock = Liveness.hold(path);
        try {
            return create(path, layout, lock);
        } catch (IOException | RuntimeException | Error e) {
            Liveness.release(path, lock);
            throw e;
        }
    }

    private static SpanFile create(Path path, SpanFileLayout layout, FileChannel lock) throws IOException {
        try (FileChannel channel = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                OwnerOnly.file())) {
            try {
                allocate(channel, layout.length());
                final ByteBuffer mapping = channel.map(FileChannel.MapMode.READ_WRITE, 0, layout.length());
                if (!Files.exists(Liveness.lockFile(path))) {
                    throw new IOException(Liveness.lockFile(path) + " was deleted while the span file was created");
                }
                return new SpanFile(mapping, layout, path, lock);
            } catch (IOException | RuntimeException | Error e) {
                Files.deleteIfExists(path);
                throw e;
            }
        }
    }

    /** The first page identifies the owner at once: other processes may find the file from here on. */
    private static void allocate(FileChannel channel, int length) throws IOException {
        final ByteBuffer first = ByteBuffer.allocate(Mem.PAGE).order(ByteOrder.LITTLE_ENDIAN);
        first.putLong(SpanFileLayout.MAGIC_OFFSET, SpanFileLayout.MAGIC);
        ProcessIdentity.own().write(first);
        final ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(ZERO_CHUNK, length));
        try {
            for (long done = channel.write(first, 0); done < length; ) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), length - done));
                done += channel.write(zeros, done);
            }
        } catch (IOException e) {
            throw new NoRoomException("the span file needs " + length + " bytes, which can't be allocated: " + e, e);
        }
    }

    /** Whether the process that writes this file still runs and has not closed it. */
    public static boolean isAlive(Path file) {
        return Liveness.isAlive(file, System.currentTimeMillis());
    }

    /** Writes the header and, last, the version: from then on the file may be read. */
    public void begin(long startedNs, long incarnationHigh, long incarnationLow, boolean tsc) {
        ProcessIdentity.own().write(buffer);
        layout.writeHeader(buffer, startedNs);
        buffer.putLong(SpanFileLayout.INCARNATION_OFFSET, incarnationHigh);
        buffer.putLong(SpanFileLayout.INCARNATION_OFFSET + Long.BYTES, incarnationLow);
        buffer.putInt(SpanFileLayout.CLOCK_OFFSET, tsc ? 2 : 1);
        status(Double.NaN, Double.NaN, BreakerState.CLOSED, 0);
        recording(true);
        Mem.putIntRelease(buffer, SpanFileLayout.VERSION_OFFSET, SpanFileLayout.VERSION);
    }

    public long incarnationHigh() {
        return buffer.getLong(SpanFileLayout.INCARNATION_OFFSET);
    }

    public long incarnationLow() {
        return buffer.getLong(SpanFileLayout.INCARNATION_OFFSET + Long.BYTES);
    }

    /** Writes the attributes that fit into the page and contain no NUL; returns the number of those left out. */
    public int resource(Map<String, String> attributes) {
        final int offset = layout.resourceOffset();
        int at = Integer.BYTES;
        int left = 0;
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            final String key = attribute.getKey();
            final String value = attribute.getValue();
            final byte[] pair = (key + '\0' + value + '\0').getBytes(StandardCharsets.UTF_8);
            if (at + pair.length > Mem.PAGE || key.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
                left++;
            } else {
                buffer.put(offset + at, pair);
                at += pair.length;
            }
        }
        Mem.putIntRelease(buffer, offset, at - Integer.BYTES);
        return left;
    }

    public ByteBuffer buffer() {
        return buffer;
    }

    /** The same bytes, for recording threads. */
    public Memory memory() {
        return memory;
    }

    public SpanFileLayout layout() {
        return layout;
    }

    /** Null if the memory is anonymous. */
    public Path path() {
        return path;
    }

    public Counters counters() {
        return counters;
    }

    /** The view of the writer; readers use views of their own. */
    public Anchors anchors() {
        return anchors;
    }

    public SymbolTable symbols() {
        return symbols;
    }

    /**
     * Marks that the exporter moves spans between terms of the {@link Ledger}, until {@link #endCycle}: a read in
     * between would count some twice and others not at all. For one thread at a time.
     */
    public void beginCycle() {
        Mem.getAndAddLong(buffer, SpanFileLayout.CYCLES_OFFSET, 1);
    }

    public void endCycle() {
        Mem.getAndAddLong(buffer, SpanFileLayout.CYCLES_OFFSET, 1);
    }

    /** Whether spans may be recorded, as {@link #readControl} last found it. */
    public boolean isRecording() {
        return recording;
    }

    /**
     * Reads control words written from outside; in the exporter's duty cycle, so that spans need not check for them.
     */
    public synchronized void readControl() {
        final ControlWords changed = controlReader.poll();
        if (changed != null) {
            control = changed;
            controlChanged = true;
        }
        final int word = buffer.getInt(layout.controlOffset() + SpanFileLayout.RECORDING_OFFSET);
        if (word != recordingWord && isSwitch(word) || changed != null) {
            switchRecording();
        }
    }

    /** Stores the word; true if it is valid. An invalid one is counted, and the last valid one stays in force. */
    private boolean isSwitch(int word) {
        recordingWord = word;
        if (word != 0 && word != 1) {
            counters.increment(Counter.CONTROL_REFUSED);
            return false;
        }
        switchedOn = word == 1;
        return true;
    }

    /** The program's own switch. If it is off, control words from outside cannot switch recording on. */
    public synchronized void recording(boolean on) {
        Mem.putIntRelease(buffer, layout.controlOffset() + SpanFileLayout.RECORDING_OFFSET, on ? 1 : 0);
        recordingWord = on ? 1 : 0;
        switchedOn = on;
        switchRecording();
    }

    private void switchRecording() {
        final Boolean fromOutside = control.recording();
        recording = switchedOn && (fromOutside == null || fromOutside);
        Mem.putIntRelease(buffer, layout.controlOffset() + SpanFileLayout.RECORDED_OFFSET, recording ? 1 : 0);
    }

    /** The merged words of operator and bridge, as {@link #readControl} last found them. */
    public ControlWords control() {
        return control;
    }

    /** Whether {@link #control} has changed since the last call; for the exporter, which applies it. */
    public synchronized boolean controlChanged() {
        final boolean changed = controlChanged;
        controlChanged = false;
        return changed;
    }

    /**
     * Publishes the current state of sampling and breaker; by the exporter only. A rate that is not a share is shown as
     * unknown.
     *
     * @param breakerOpened number of openings since the start
     */
    public void status(double samplingRate, double load, BreakerState breaker, long breakerOpened) {
        final int at = layout.controlOffset();
        Mem.putLongRelease(buffer, at + SpanFileLayout.RATE_OFFSET, Double.doubleToRawLongBits(samplingRate));
        Mem.putLongRelease(buffer, at + SpanFileLayout.LOAD_OFFSET, Double.doubleToRawLongBits(load));
        Mem.putLongRelease(buffer, at + SpanFileLayout.BREAKER_OPENED_OFFSET, breakerOpened);
        Mem.putIntRelease(buffer, at + SpanFileLayout.BREAKER_OFFSET, breaker.ordinal());
    }

    /** The last published state. */
    public TracerStatus status() {
        return TracerStatus.read(buffer, layout.controlOffset());
    }

    /** Writes the sign of life of the exporter, and thus of the process. */
    public void lastSign(long ticks) {
        Mem.putLongRelease(buffer, SpanFileLayout.LAST_SIGN_OFFSET, ticks);
        Mem.putLongRelease(buffer, SpanFileLayout.LAST_SIGN_EPOCH_OFFSET, System.currentTimeMillis());
    }

    /** Marks the file as closed; it is deleted unless {@code keep} says that it contains spans to recover. */
    public void close(boolean keep) {
        Mem.putIntRelease(
                buffer,
                SpanFileLayout.CLOSED_OFFSET,
                keep ? SpanFileLayout.CLOSED_WITH_SPANS : SpanFileLayout.CLOSED_EMPTY);
        if (lock == null) {
            return;
        }
        try {
            if (!keep) {
                Files.deleteIfExists(path);
            }
            Liveness.release(path, lock);
        } catch (IOException e) {
            // The file stays; the next start of a tracer deletes it with those of dead processes.
        }
    }

    @Override
    public void close() {
        close(false);
    }
}
