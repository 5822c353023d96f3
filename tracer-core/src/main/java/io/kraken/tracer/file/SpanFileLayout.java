package io.kraken.tracer.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The span file: everything one tracer keeps, in one piece of memory that any process may map and read at any moment.
 * Together with {@link RecordLayout} this page is all that a reader in another language needs. All fields are
 * little-endian; "u32" and "u64" are unsigned integers of 4 and 8 bytes; offsets are bytes from the start of the
 * file.
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
 *  |  anchors           |  64 bytes: u32 current sequence number; then a ring of entries of 32 bytes
 *  +--------------------+  symbols offset
 *  |  symbols           |  symbol id x 8 is the offset in here of: u32 length (written last, 0: absent), UTF-8 bytes
 *  +--------------------+  staging offset
 *  |  staging records   |  staging count x record length
 *  +--------------------+  unrecorded offset
 *  |  unrecorded spans  |  staging count x u64: how many spans that were not recorded have held the record, ever
 *  +--------------------+  medium offset
 *  |  medium overflow   |  medium count x 8 record lengths
 *  +--------------------+  large offset
 *  |  large overflow    |  large count x 64 record lengths
 *  +--------------------+  lanes offset
 *  |  lanes             |  per lane: a header of 256 bytes, then lane slots x record length
 *  +--------------------+  file length
 *
 *  header                                                         lane header
 *    0  u64 magic                    64  u32 lane count             0  u64 records published, ever
 *    8  u32 version (written last)   68  u32 slots a lane          64  u64 slots consumed, ever: the sequence that the
 *   12  u32 clock: 1 nanoTime, 2 TSC 72  u32 symbols length               exporter reads next
 *   16  u64 file length              76  u32 anchor count          72  u64 records consumed, ever
 *   24  u64 process id               80  u32 counter count
 *   32  u64 started, epoch ns        84  u32 counter stripes      anchor entry
 *   40  u64 incarnation, high        88  u32 resource offset        0  u64 its sequence number + 1 (written last)
 *   48  u64 incarnation, low         92  u32 control offset         8  u64 ticks
 *   56  u32 record length            96  u32 counters offset       16  u64 the same moment, epoch nanoseconds
 *   60  u32 staging count           100  u32 anchors offset        24  f64 nanoseconds a tick
 *                                   104  u32 symbols offset
 *  192  u64 last sign of life:      108  u32 staging offset
 *           ticks, renewed by       112  u32 medium offset
 *           the exporter            116  u32 medium count
 *  200  u32 1 once closed           120  u32 large offset
 *                                   124  u32 large count
 *                                   128  u32 lanes offset
 *                                   132  u32 unrecorded offset
 *
 *  control                                        control slot
 *    0  u32 recording: 0 off, 1 on;                 0  u64 generation (written last; 0: none, or half-written)
 *           nothing else means anything             8  u32 length of the payload, 16368 at the most
 *   64  u64 generation in force, operator's        12  u32 CRC-32C of generation, length and payload
 *   72  u64 generation in force, bridge's          16  payload
 *   80  f64 sampling rate in force; NaN: unknown
 *   88  f64 load of the process, 0 to 1           payload
 *   96  u64 times the breaker opened                0  u32 what is said: 1 recording, 2 rate, 4 lower bound,
 *  104  u32 breaker: 0 closed, 1 open,                     8 limit, 16 breaker, 32 threshold, added up
 *           2 half-open                             4  u32 what of it is on: 1 recording, 16 breaker
 *  108  u32 1 while spans are recorded              8  f64 rate, 0 to 1
 * 4096  two slots of 16384 bytes each of the       16  f64 lower bound, traces a second of each operation
 *       operator, then two of the bridge           24  f64 limit, traces a second
 *                                                  32  f64 load at which the breaker opens, above 0 to 1
 *                                                  40  u32 count of operations, 256 at the most; then for each
 *                                                      f64 rate, f64 lower bound, u32 length of its name (1024 at
 *                                                      the most), the name in UTF-8; nothing follows the last
 * </pre>
 *
 * <b>Time.</b> A record names its anchor by sequence number {@code a}, which stands in ring entry {@code a mod count}
 * as long as that entry carries {@code a + 1}. Then {@code epoch = anchor epoch + (ticks - anchor ticks) x
 * nanoseconds a tick}. All spans of a trace inside one process share their anchor, so their order and durations are
 * exact whatever the wall clock does meanwhile.
 *
 * <p><b>What to read after a crash.</b> Ended spans: in each lane, begin at "slots consumed" {@code s}, look at slot
 * {@code s mod slots}; when its commit word announces {@code n} slots for sequence {@code s}, the record is whole:
 * read it and go on at {@code s + n}; stop when it announces none. A span whose copying was cut short is still open
 * in staging. Open spans: every staging record with an odd state word that its lease equals. A record whose span id
 * is met in a lane too was ended: the lane's counts.
 *
 * <p><b>What to read while the process lives.</b> The same; and of ended spans "slots consumed" once more afterwards:
 * what stands before it by then may have been overwritten while it was read. {@link RecordLayout} says when an open
 * span may be believed.
 *
 * <p><b>Control words.</b> What an author, the operator or the bridge, wants of the tracer is the payload of the one of
 * its two slots that has the higher generation, of those that are sound: whose check value is right and whose payload
 * is as described in every respect. Who writes holds the lock on {@code control.lock} in the directory of the file,
 * takes the slot that is not in force, sets its generation to 0, then writes length, check value and payload, and last
 * the generation: one more than the higher one of the two. Who reads looks at both generations again afterwards, and
 * begins anew when one has changed. The operator's words weigh more than the bridge's, part by part. Spans are
 * recorded while the word at 0 says so and neither the operator nor, where that one is silent, the bridge says
 * otherwise. What stands from 64 to 4095 is written by the tracer alone.
 *
 * <p><b>Whose file.</b> The process that writes holds an exclusive lock on the file for as long as it lives.
 */
public final class SpanFileLayout {

    public static final long MAGIC = 0x4E41_5053_4E4B_524BL; // "KRKNSPAN"
    public static final int VERSION = 2;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 8;
    static final int CLOCK_OFFSET = 12;
    static final int FILE_LENGTH_OFFSET = 16;
    static final int PID_OFFSET = 24;
    static final int STARTED_OFFSET = 32;
    static final int INCARNATION_OFFSET = 40;
    static final int SHAPE_OFFSET = 56;
    private static final int SHAPE_END = 136;
    static final int LAST_SIGN_OFFSET = 192;
    static final int CLOSED_OFFSET = 200;

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
    /** An author writes the one while the other is in force. */
    static final int CONTROL_SLOTS_OF_AUTHOR = 2;

    private static final int CONTROL_SLOTS = CONTROL_SLOTS_OF_AUTHOR * ControlWords.Author.COUNT;

    static final int LANE_PUBLISHED_OFFSET = 0;
    static final int LANE_CONSUMED_SLOTS_OFFSET = 64;
    static final int LANE_CONSUMED_RECORDS_OFFSET = 72;
    static final int LANE_HEADER_LENGTH = 256;

    static final int ANCHOR_HEAD_LENGTH = Mem.CACHE_LINE;
    static final int ANCHOR_LENGTH = 32;
    static final int ANCHOR_TICKS_OFFSET = 8;
    static final int ANCHOR_EPOCH_OFFSET = 16;
    static final int ANCHOR_RATE_OFFSET = 24;

    static final int MEDIUM_FACTOR = 8;
    static final int LARGE_FACTOR = 64;
    static final int ANCHORS = 1024;

    private static final long MAX_LENGTH = Integer.MAX_VALUE - Mem.PAGE;
    /** More than any setting allows; below it nothing overflows while a layout is worked out. */
    private static final int MAX_RECORD_LENGTH = 1 << 16;

    private static final int MAX_COUNT = 1 << 24;

    private final Shape shape;
    private final int resource;
    private final int control;
    private final int counters;
    private final int anchors;
    private final int symbols;
    private final int staging;
    private final int unrecorded;
    private final int medium;
    private final int large;
    private final int lanes;
    private final int length;

    /**
     * The numbers that an operator chooses; all else follows from them.
     *
     * @param recordLength bytes, a power of two
     * @param stagingRecords spans open at a time
     * @param lanes a power of two
     * @param laneSlots a power of two
     * @param symbolsLength bytes for names and keys
     */
    public record Shape(int recordLength, int stagingRecords, int lanes, int laneSlots, int symbolsLength) {

        public int mediumRecords() {
            return Math.max(8, stagingRecords / 32);
        }

        public int largeRecords() {
            return Math.max(4, stagingRecords / 256);
        }

        public int mediumLength() {
            return recordLength * MEDIUM_FACTOR;
        }

        public int largeLength() {
            return recordLength * LARGE_FACTOR;
        }
    }

    /** @throws IllegalArgumentException when the sum is more than one mapping can hold */
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
        end = page(end + ANCHOR_HEAD_LENGTH + (long) ANCHORS * ANCHOR_LENGTH);
        symbols = (int) end;
        end = page(end + shape.symbolsLength);
        staging = fits(end);
        end = page(end + (long) shape.stagingRecords * shape.recordLength);
        unrecorded = fits(end);
        end = page(end + (long) shape.stagingRecords * Long.BYTES);
        medium = fits(end);
        end = page(end + (long) shape.mediumRecords() * shape.mediumLength());
        large = fits(end);
        end = page(end + (long) shape.largeRecords() * shape.largeLength());
        lanes = fits(end);
        end = page(end + shape.lanes * (LANE_HEADER_LENGTH + (long) shape.laneSlots * shape.recordLength));
        length = fits(end);
    }

    /**
     * The layout that a header describes, which anybody may have written.
     *
     * @throws IllegalArgumentException when no writer of this version has made it
     */
    static SpanFileLayout read(ByteBuffer file) {
        final Shape shape = new Shape(
                file.getInt(SHAPE_OFFSET),
                file.getInt(SHAPE_OFFSET + Integer.BYTES),
                file.getInt(SHAPE_OFFSET + 2 * Integer.BYTES),
                file.getInt(SHAPE_OFFSET + 3 * Integer.BYTES),
                file.getInt(SHAPE_OFFSET + 4 * Integer.BYTES));
        if (!isCount(shape.recordLength, MAX_RECORD_LENGTH)
                || shape.recordLength < RecordLayout.HEADER_LENGTH
                || !isCount(shape.stagingRecords, MAX_COUNT)
                || !isCount(shape.lanes, MAX_COUNT)
                || !isCount(shape.laneSlots, MAX_COUNT)
                || shape.symbolsLength <= 0) {
            throw new IllegalArgumentException("its header says " + shape);
        }
        final SpanFileLayout layout = new SpanFileLayout(shape);
        final ByteBuffer own = ByteBuffer.allocate(Mem.PAGE).order(ByteOrder.LITTLE_ENDIAN);
        layout.writeHeader(own, 0, 0);
        for (int at = SHAPE_OFFSET; at < SHAPE_END; at += Integer.BYTES) {
            if (own.getInt(at) != file.getInt(at)) {
                throw new IllegalArgumentException("its header says " + file.getInt(at) + " at byte " + at
                        + " where it should say " + own.getInt(at));
            }
        }
        return layout;
    }

    private static boolean isCount(int number, int most) {
        return number > 0 && number <= most && Integer.bitCount(number) == 1;
    }

    private static long page(long offset) {
        return (offset + Mem.PAGE - 1) & -Mem.PAGE;
    }

    private static int fits(long offset) {
        if (offset > MAX_LENGTH) {
            throw new IllegalArgumentException("a span file of " + offset + " bytes is more than one mapping can hold ("
                    + MAX_LENGTH + "): fewer staging records, lanes or slots are needed");
        }
        return (int) offset;
    }

    void writeHeader(ByteBuffer file, long pid, long startedNs) {
        file.putLong(MAGIC_OFFSET, MAGIC);
        file.putLong(FILE_LENGTH_OFFSET, length);
        file.putLong(PID_OFFSET, pid);
        file.putLong(STARTED_OFFSET, startedNs);
        final int[] words = {
            shape.recordLength,
            shape.stagingRecords,
            shape.lanes,
            shape.laneSlots,
            shape.symbolsLength,
            ANCHORS,
            Counters.COUNT,
            Counters.STRIPES,
            resource,
            control,
            counters,
            anchors,
            symbols,
            staging,
            medium,
            shape.mediumRecords(),
            large,
            shape.largeRecords(),
            lanes,
            unrecorded
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

    public int stagingOffset() {
        return staging;
    }

    /** Where it is counted how many spans that were not recorded have held a staging record. */
    public int unrecordedOffset(int stagingRecord) {
        return unrecorded + stagingRecord * Long.BYTES;
    }

    public int mediumOffset() {
        return medium;
    }

    public int largeOffset() {
        return large;
    }

    public int laneHeaderOffset(int lane) {
        return lanes + lane * (LANE_HEADER_LENGTH + shape.laneSlots * shape.recordLength);
    }

    public int laneSlotsOffset(int lane) {
        return laneHeaderOffset(lane) + LANE_HEADER_LENGTH;
    }
}
