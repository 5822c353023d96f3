package io.kraken.tracer.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The layout of the span file: all state of one tracer in one piece of memory that any process may map and read at any
 * time. Together with {@link RecordLayout} this page is all that a reader in another language needs. All fields are
 * little-endian; "u32" and "u64" are unsigned integers of 4 and 8 bytes; offsets are bytes from the start of the file.
 *
 * <pre>
 *  +--------------------+  0
 *  |  header            |  one page; see below
 *  +--------------------+  resource offset
 *  |  resource          |  one page: u32 length, then key NUL value NUL ... in UTF-8
 *  +--------------------+  control offset
 *  |  control           |  one page of words and status, then 4 slots of 16 KiB; see below
 *  +--------------------+  counters offset
 *  |  counters          |  per Counter, in that order: stripes x 64 bytes, the u64 value first; it is their sum
 *  +--------------------+  anchors offset
 *  |  anchors           |  64 bytes: u32 current sequence number, u32 lines begun after the first one; then a ring of
 *  |                    |  entries of 32 bytes, one for each anchor; then a ring of 32 entries of 64 bytes, for lines
 *  +--------------------+  symbols offset
 *  |  symbols           |  symbol id x 8 is the offset in here of: u32 length (written last, 0: absent), UTF-8 bytes
 *  +--------------------+  chunk words offset
 *  |  chunk words       |  per chunk 128 bytes; see below
 *  +--------------------+  records offset
 *  |  records           |  chunks x 64 x record length: record n is number n mod 64 of chunk n / 64
 *  +--------------------+  spill offset
 *  |  spill areas       |  scratch memory of the recording threads; undefined for a reader
 *  +--------------------+  file length
 *
 *  header                                                         chunk words
 *    0  u64 magic                    56  u32 record length          0  u64 taken: the exporter writes it
 *    8  u32 version (written last)   60  u32 chunks                64  u64 free: records that any thread may claim,
 *   12  u32 clock: 1 nanoTime, 2 TSC 64  u32 symbols length               by an atomic change of this word
 *   16  u64 file length              68  u32 anchor count          72  u64 owned: records that a thread has claimed all
 *   24  u64 process id               72  u32 counter count                at once and uses in ascending order
 *   32  u64 started, epoch ns        76  u32 counter stripes       80  u64 left: the same records, once the thread has
 *   40  u64 incarnation, high        80  u32 resource offset              moved on to another chunk, or has died
 *   48  u64 incarnation, low         84  u32 control offset
 *                                                                 anchor entry
 *  112  u64 boot id, high            88  u32 counters offset        0  u64 its sequence number + 1 (written last)
 *  120  u64 boot id, low             92  u32 anchors offset         8  u64 ticks
 *  128  u64 process id namespace     96  u32 symbols offset        16  u64 the same moment, epoch nanoseconds
 *  136  u64 process start           100  u32 chunk words offset    24  f64 nanoseconds a tick
 *                                   104  u32 records offset
 *                                   108  u32 spill offset         line entry
 *  192  u64 last sign of life: ticks, renewed by the exporter       0  u64 its number, 1 to 2^32 - 1 (written last)
 *  200  u32 closed: 0 no, 1 yes, 2 with spans left                  8  u32 sequence number of its first anchor
 *  208  u64 last sign of life: epoch ms, of the system's clock     16  u64 the last ticks of the line before
 *                                                                  24  u64 the same moment in ticks of this line
 *  216  u64 cycles of the exporter: odd while it is in one         32  f64 nanoseconds a tick
 *
 *  control                                        control slot
 *    0  u32 recording: 0 off, 1 on;                 0  u64 generation (written last; 0: none, or half-written)
 *           other values are ignored                8  u32 length of the payload, 16368 at the most
 *   64  u64 generation in force, operator's        12  u32 CRC-32C of generation, length and payload
 *   72  u64 generation in force, bridge's          16  payload
 *   80  f64 sampling rate in force; NaN: unknown
 *   88  f64 load of the process, 0 to 1           payload
 *   96  u64 times the breaker opened                0  u32 parts that are set: 1 recording, 2 rate, 4 lower bound,
 *  104  u32 breaker: 0 closed, 1 open,                     8 limit, 16 breaker, 32 threshold, added up
 *           2 half-open, 3 sampled only             4  u32 switches that are on: 1 recording, 16 breaker
 *  108  u32 1 while spans are recorded              8  f64 rate, 0 to 1
 * 4096  two slots of 16384 bytes each of the       16  f64 lower bound, traces a second of each operation
 *       operator, then two of the bridge           24  f64 limit, traces a second
 *                                                  32  f64 load at which the breaker opens, above 0 to 1
 *                                                  40  u32 count of operations, 256 at the most; then for each
 *                                                      f64 rate, f64 lower bound, u32 length of its name (1024 at
 *                                                      the most), the name in UTF-8; nothing follows the last
 * </pre>
 *
 * <b>Ring, chunk and record.</b> The records are preallocated and of a fixed size, like the slots of a Disruptor; 64 of
 * them are a chunk. The rings, which are outside this file, carry numbers of chunks. The free ring carries them from
 * the exporter to the recording threads; the used-up ring tells the exporter which chunks to check first. A platform
 * thread claims all free records of a chunk at once, keeps them as a mask of its own, and accesses the rings again when
 * the mask is empty. Virtual threads and detached spans claim single records of the chunks at the head of the free
 * ring.
 *
 * <p><b>Nothing is lost in between.</b> A record that holds an ended span is DONE and untaken until the exporter sets
 * the record's bit in the chunk's taken word. It does that only when the encoded span is safe: appended to the queue,
 * or in a request. A record is claimed again only when its bit is in a free word, and the exporter sets that bit only
 * after the taken word. So at every instant an ended span is in its record, or in the queue or a request, or, between
 * the two steps, in both; a receiver recognises the duplicate by record and generation, which the documents of a queue
 * contain.
 *
 * <p><b>Time.</b> A record refers to its anchor by the low 16 bits of the sequence number {@code a}; the newest anchor
 * with these bits is meant. It is in ring entry {@code a mod count} while that entry contains {@code a + 1}. Then
 * {@code epoch = anchor epoch + (ticks - anchor ticks) x nanoseconds a tick}. All spans of a trace inside one process
 * share their anchor, so their order and durations are exact whatever the wall clock does meanwhile; spans that begin
 * below one that has been open for an hour may have a newer anchor, which follows the wall clock.
 *
 * <p>All anchors between two jumps of the hardware counter behind the ticks belong to one line. After a jump a new line
 * begins, whose number {@code n} is in ring entry {@code n mod 32} while that entry contains {@code n}. Ticks beyond
 * the last ones of the anchor's line belong to the next line; so do, if that line begins at lower ticks, ticks from
 * more than a second before the anchor. They are converted from the moment that both lines share: the epoch time of the
 * last ticks by the previous line, and from there by the rate of the new line. A negative duration counts as 0.
 *
 * <p><b>What to read.</b> Untaken records that are DONE are ended spans, untaken ones that are OPEN are open spans.
 * {@link RecordLayout} describes how to read them while the process lives; after a crash the same holds, and nothing
 * changes meanwhile. A record that was being begun when the process died either still has the commit word of a taken
 * use, or is untaken and complete.
 *
 * <p><b>Control words.</b> The words of an author, the operator or the bridge, are the payload of one of its two slots:
 * of the valid ones, whose check value is right and whose payload is exactly as described, the one with the higher
 * generation. A writer holds the lock on {@code control.lock} in the directory of the file, takes the slot that is not
 * in force, sets its generation to 0, then writes length, check value and payload, and last the generation: one more
 * than the higher one of the two. A reader checks both generations again afterwards, and repeats the read if one has
 * changed. For each part, the operator's words take precedence over the bridge's. Spans are recorded while the word at
 * 0 is 1 and recording is not set to off by the operator or, if the operator has not set it, by the bridge. Only the
 * tracer writes the bytes from 64 to 4095.
 *
 * <p><b>Owner.</b> The process that writes holds an exclusive lock (POSIX) on a file beside this one, whose name ends
 * with {@code .alive} instead of {@code .spans}, as long as it lives. No code may open that file in the process that
 * holds the lock: closing it again would release the lock. So a reader first checks whether the process is its own, by
 * process id and the words from 112 on. These, the magic, closed and the last sign of life at 208 are at the same
 * offsets in every later version; the identity is written before the rest of the file is allocated. Boot id is that of
 * {@code /proc/sys/kernel/random/boot_id}, the namespace the inode of {@code /proc/self/ns/pid}, process start field 22
 * of {@code /proc/self/stat}. Systems without these have 0 and 1, 0, and epoch milliseconds; a 0 in place of boot id or
 * start means that it could not be read.
 *
 * <p>The process is dead if the file is closed, or if the boot id is that of the reader's machine and the lock is free.
 * If the boot id is another one, or the identity or the lock is unknown, it is dead ten minutes after its last sign of
 * life at 208 and the file's last change.
 */
public final class SpanFileLayout {

    public static final long MAGIC = 0x4E41_5053_4E4B_524BL; // "KRKNSPAN"
    public static final int VERSION = 3;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 8;
    static final int CLOCK_OFFSET = 12;
    static final int FILE_LENGTH_OFFSET = 16;
    static final int PID_OFFSET = 24;
    static final int STARTED_OFFSET = 32;
    static final int INCARNATION_OFFSET = 40;
    static final int SHAPE_OFFSET = 56;
    private static final int SHAPE_END = 112;
    static final int BOOT_OFFSET = 112;
    static final int NAMESPACE_OFFSET = 128;
    static final int PROCESS_START_OFFSET = 136;
    static final int LAST_SIGN_OFFSET = 192;
    static final int CLOSED_OFFSET = 200;
    static final int LAST_SIGN_EPOCH_OFFSET = 208;
    static final int CYCLES_OFFSET = 216;
    /** Closed, and nothing is left to recover. */
    static final int CLOSED_EMPTY = 1;
    /** Closed, with ended spans left in it. */
    static final int CLOSED_WITH_SPANS = 2;

    public static final int RECORDING_OFFSET = 0;
    static final int APPLIED_OFFSET = 64;
    static final int RATE_OFFSET = 80;
    static final int LOAD_OFFSET = 88;
    static final int BREAKER_OPENED_OFFSET = 96;
    static final int BREAKER_OFFSET = 104;
    static final int RECORDED_OFFSET = 108;
    static final int CONTROL_SLOT_LENGTH = 1 << 14;
    static final int CONTROL_LENGTH_OFFSET = 8;
    static final int CONTROL_CHECK_OFFSET = 12;
    static final int CONTROL_PAYLOAD_OFFSET = 16;
    static final int CONTROL_PAYLOAD_MOST = CONTROL_SLOT_LENGTH - CONTROL_PAYLOAD_OFFSET;
    /** Slots of each author: one is in force while the other is written. */
    static final int CONTROL_SLOTS_OF_AUTHOR = 2;

    private static final int CONTROL_SLOTS = CONTROL_SLOTS_OF_AUTHOR * ControlWords.Author.COUNT;

    /** Scratch areas for entries that do not fit into the rest of a record, until they are copied into parts. */
    public static final int SPILL_AREAS = 8;

    /** Records of a chunk: as many as a word has bits. */
    public static final int CHUNK_RECORDS = 64;

    private static final int CHUNK_SHIFT = 6;
    private static final int CHUNK_WORDS_LENGTH = 2 * Mem.CACHE_LINE;
    private static final int TAKEN_OFFSET = 0;
    private static final int FREE_OFFSET = Mem.CACHE_LINE;
    private static final int OWNED_OFFSET = FREE_OFFSET + Long.BYTES;
    private static final int LEFT_OFFSET = OWNED_OFFSET + Long.BYTES;

    static final int ANCHOR_HEAD_LENGTH = Mem.CACHE_LINE;
    static final int ANCHOR_LENGTH = 32;
    static final int ANCHOR_TICKS_OFFSET = 8;
    static final int ANCHOR_EPOCH_OFFSET = 16;
    static final int ANCHOR_RATE_OFFSET = 24;

    static final int ANCHORS = 1024;

    /** Offset, in the head of the anchors, of the number of lines begun after the first one. */
    static final int LINES_OFFSET = 4;
    /** Entries of the ring of lines. A power of two. */
    static final int LINES = 32;

    static final int LINE_RING_OFFSET = ANCHOR_HEAD_LENGTH + ANCHORS * ANCHOR_LENGTH;
    static final int LINE_LENGTH = Mem.CACHE_LINE;
    static final int LINE_ANCHOR_OFFSET = 8;
    static final int LINE_LAST_OFFSET = 16;
    static final int LINE_FIRST_OFFSET = 24;
    static final int LINE_RATE_OFFSET = 32;
    /** Length of anchors and lines together. */
    static final int ANCHORS_LENGTH = LINE_RING_OFFSET + LINES * LINE_LENGTH;

    private static final long MAX_LENGTH = Integer.MAX_VALUE - Mem.PAGE;
    /** More than any setting allows, and small enough that computing a layout does not overflow. */
    private static final int MAX_RECORD_LENGTH = 1 << 16;

    private static final int MAX_CHUNKS = 1 << 18;

    private final Shape shape;
    private final int resource;
    private final int control;
    private final int counters;
    private final int anchors;
    private final int symbols;
    private final int chunkWords;
    private final int records;
    private final int spill;
    private final int length;

    /**
     * The sizes set by the operator; all else follows from them.
     *
     * @param recordLength bytes, a power of two
     * @param chunks of 64 records each
     * @param symbolsLength bytes for names and keys
     */
    public record Shape(int recordLength, int chunks, int symbolsLength) {

        public int records() {
            return chunks * CHUNK_RECORDS;
        }
    }

    /** @throws IllegalArgumentException if the file would exceed one mapping */
    public SpanFileLayout(Shape shape) {
        this.shape = shape;
        long end = Mem.PAGE;
        resource = (int) end;
        end += Mem.PAGE;
        control = (int) end;
        end += Mem.PAGE + CONTROL_SLOTS * CONTROL_SLOT_LENGTH;
        counters = (int) end;
        end = page(end + (long) Counters.LENGTH);
        anchors = (int) end;
        end = page(end + (long) ANCHORS_LENGTH);
        symbols = (int) end;
        end = page(end + shape.symbolsLength);
        chunkWords = fits(end);
        end = page(end + (long) shape.chunks * CHUNK_WORDS_LENGTH);
        records = fits(end);
        end = page(end + (long) shape.records() * shape.recordLength);
        spill = fits(end);
        end = page(end + (long) SPILL_AREAS * spillLength(shape.recordLength));
        length = fits(end);
    }

    /**
     * The layout that a header describes; the header is untrusted.
     *
     * @throws IllegalArgumentException if no writer of this version can have written it
     */
    static SpanFileLayout read(ByteBuffer file) {
        final Shape shape = new Shape(
                file.getInt(SHAPE_OFFSET),
                file.getInt(SHAPE_OFFSET + Integer.BYTES),
                file.getInt(SHAPE_OFFSET + 2 * Integer.BYTES));
        if (shape.recordLength > MAX_RECORD_LENGTH
                || Integer.bitCount(shape.recordLength) != 1
                || shape.recordLength <= RecordLayout.HEADER_LENGTH
                || shape.chunks <= 0
                || shape.chunks > MAX_CHUNKS
                || shape.symbolsLength <= 0) {
            throw new IllegalArgumentException("impossible shape in its header: " + shape);
        }
        final SpanFileLayout layout = new SpanFileLayout(shape);
        final ByteBuffer own = ByteBuffer.allocate(Mem.PAGE).order(ByteOrder.LITTLE_ENDIAN);
        layout.writeHeader(own, 0);
        for (int at = SHAPE_OFFSET; at < SHAPE_END; at += Integer.BYTES) {
            if (own.getInt(at) != file.getInt(at)) {
                throw new IllegalArgumentException(
                        "its header has " + file.getInt(at) + " at byte " + at + " instead of " + own.getInt(at));
            }
        }
        return layout;
    }

    private static long page(long offset) {
        return (offset + Mem.PAGE - 1) & -Mem.PAGE;
    }

    private static int fits(long offset) {
        if (offset > MAX_LENGTH) {
            throw new IllegalArgumentException("a span file of " + offset + " bytes is larger than one mapping ("
                    + MAX_LENGTH + "): set fewer records");
        }
        return (int) offset;
    }

    void writeHeader(ByteBuffer file, long startedNs) {
        file.putLong(MAGIC_OFFSET, MAGIC);
        file.putLong(FILE_LENGTH_OFFSET, length);
        file.putLong(STARTED_OFFSET, startedNs);
        final int[] words = {
            shape.recordLength,
            shape.chunks,
            shape.symbolsLength,
            ANCHORS,
            Counters.COUNT,
            Counters.STRIPES,
            resource,
            control,
            counters,
            anchors,
            symbols,
            chunkWords,
            records,
            spill
        };
        for (int i = 0; i < words.length; i++) {
            file.putInt(SHAPE_OFFSET + i * Integer.BYTES, words[i]);
        }
    }

    public Shape shape() {
        return shape;
    }

    public int length() {
        return length;
    }

    public int resourceOffset() {
        return resource;
    }

    public int controlOffset() {
        return control;
    }

    int appliedOffset(ControlWords.Author author) {
        return control + APPLIED_OFFSET + author.ordinal() * Long.BYTES;
    }

    /** @param which 0 or 1 */
    int controlSlotOffset(ControlWords.Author author, int which) {
        return control + Mem.PAGE + (author.ordinal() * CONTROL_SLOTS_OF_AUTHOR + which) * CONTROL_SLOT_LENGTH;
    }

    public int countersOffset() {
        return counters;
    }

    public int anchorsOffset() {
        return anchors;
    }

    public int symbolsOffset() {
        return symbols;
    }

    public int recordOffset(int record) {
        return records + record * shape.recordLength;
    }

    /** Bytes of the file for each chunk, its words included. */
    public static int chunkLength(int recordLength) {
        return CHUNK_RECORDS * recordLength + CHUNK_WORDS_LENGTH;
    }

    /** Room for a whole span, and a key after it. */
    private static int spillLength(int recordLength) {
        return 2 * RecordLayout.maxLength(recordLength);
    }

    public int spillOffset(int area) {
        return spill + area * spillLength(shape.recordLength);
    }

    /** The chunk that a record belongs to. */
    public static int chunkOf(int record) {
        return record >>> CHUNK_SHIFT;
    }

    /** The first record of a chunk. */
    public static int firstOf(int chunk) {
        return chunk << CHUNK_SHIFT;
    }

    /** The index of a record within its chunk, and of its bit in the chunk's words. */
    public static int numberOf(int record) {
        return record & CHUNK_RECORDS - 1;
    }

    public int takenOffset(int chunk) {
        return chunkWords + chunk * CHUNK_WORDS_LENGTH + TAKEN_OFFSET;
    }

    public int freeOffset(int chunk) {
        return chunkWords + chunk * CHUNK_WORDS_LENGTH + FREE_OFFSET;
    }

    public int leftOffset(int chunk) {
        return chunkWords + chunk * CHUNK_WORDS_LENGTH + LEFT_OFFSET;
    }

    public int ownedOffset(int chunk) {
        return chunkWords + chunk * CHUNK_WORDS_LENGTH + OWNED_OFFSET;
    }
}
