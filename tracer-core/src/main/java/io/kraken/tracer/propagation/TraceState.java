package io.kraken.tracer.propagation;

import io.kraken.tracer.sampling.Threshold;
import java.nio.charset.StandardCharsets;

/**
 * The members of a W3C {@code tracestate} header in the form in which they are sent: key, '=', value, separated by
 * commas. Bounded: if it is too long, members of more than 128 bytes are dropped first, then those at the end, as
 * specified.
 */
public final class TraceState {

    public static final int MAX_LENGTH = 512;
    public static final int MAX_MEMBERS = 32;

    /** Flags of this tracer's member: the trace was requested for debugging; the backend need not index it. */
    public static final int DEBUG = 1;

    static final int FIREHOSE = 2;

    /** In place of an absent threshold or randomness. */
    public static final long ABSENT = -1;

    private static final byte[] OUR_KEY = {'k', 'r', 'a', 'k', 'e', 'n'};
    /** OpenTelemetry's member: {@code th} is the sampling threshold, {@code rv} the randomness it is compared with. */
    private static final byte[] OT_KEY = {'o', 't'};

    private static final byte[] THRESHOLD = {'t', 'h'};
    private static final byte[] RANDOMNESS = {'r', 'v'};
    private static final int MAX_THRESHOLD = 16;
    private static final int MAX_PART = 256;
    private static final int LARGE = 128;

    private static final byte KEY = 1;
    private static final byte KEY_BEGIN = 2;
    private static final byte VALUE = 4;
    private static final byte[] CLASSES = new byte[256];

    static {
        for (int c = ' '; c < 0x7F; c++) {
            final boolean begins = c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
            final boolean inKey = begins || "_-*/@".indexOf(c) >= 0;
            CLASSES[c] = (byte) ((begins ? KEY_BEGIN : 0) | (inKey ? KEY : 0) | (c == ',' || c == '=' ? 0 : VALUE));
        }
    }

    private byte[] bytes = {};
    private int length;
    private int members;
    private int letters;
    private boolean full;
    /** Created when a threshold is first written. */
    private byte[] scratch;

    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return length;
    }

    /** As the header has it. Allocates. */
    public String text() {
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }

    /** What our own member says. */
    public int letters() {
        return letters;
    }

    public void clear() {
        length = 0;
        members = 0;
        letters = 0;
        full = false;
    }

    public void copy(TraceState other) {
        if (other.length > 0) {
            makeRoom();
            System.arraycopy(other.bytes, 0, bytes, 0, other.length);
        }
        length = other.length;
        members = other.members;
        letters = other.letters;
    }

    private void makeRoom() {
        if (bytes.length == 0) {
            bytes = new byte[MAX_LENGTH];
        }
    }

    /** Reads the headers; empty if any of them is malformed or there are too many members. */
    public void read(HeaderValues values) {
        clear();
        if (values.length() == 0) {
            return;
        }
        makeRoom();
        final byte[] in = values.bytes();
        final int to = values.to();
        boolean sound = !values.isCut();
        int seen = 0;
        for (int at = values.from(); sound && at < to; at++) {
            int end = at;
            while (end < to && in[end] != ',') {
                end++;
            }
            final int first = HeaderValues.skipBlanks(in, at, end);
            final int last = HeaderValues.dropBlanks(in, first, end);
            if (last > first) {
                final int equals = endOfKey(in, first, last);
                sound = equals > 0 && isValue(in, equals + 1, last) && ++seen <= MAX_MEMBERS;
                if (sound) {
                    append(in, first, equals, last);
                }
            }
            at = end;
        }
        if (!sound) {
            clear();
        }
    }

    /** The offset of the '=' after a key; -1 if the key is invalid. */
    private static int endOfKey(byte[] in, int from, int to) {
        if ((CLASSES[in[from] & 0xFF] & KEY_BEGIN) == 0) {
            return -1;
        }
        int at = from + 1;
        while (at < to && (CLASSES[in[at] & 0xFF] & KEY) != 0) {
            at++;
        }
        return at < to && in[at] == '=' && at - from <= MAX_PART ? at : -1;
    }

    private static boolean isValue(byte[] in, int from, int to) {
        boolean sound = to > from && to - from <= MAX_PART;
        for (int at = from; sound && at < to; at++) {
            sound = (CLASSES[in[at] & 0xFF] & VALUE) != 0;
        }
        return sound;
    }

    private void append(byte[] in, int from, int equals, int to) {
        final int added = to - from;
        boolean fits = fits(added);
        while (!full && !fits && added <= LARGE && dropLastLarge()) {
            fits = fits(added);
        }
        full |= !fits && added <= LARGE; // later, smaller members must not take its place
        if (full || !fits) {
            return;
        }
        if (length > 0) {
            bytes[length++] = ',';
        }
        System.arraycopy(in, from, bytes, length, added);
        length += added;
        members++;
        if (added <= LARGE && isKey(OUR_KEY, in, from, equals)) {
            letters |= lettersOf(in, equals + 1, to);
        }
    }

    private boolean fits(int added) {
        return (length > 0 ? length + 1 : 0) + added <= MAX_LENGTH;
    }

    private boolean dropLastLarge() {
        int end = length;
        while (end > 0) {
            final int begin = beginOfMember(end);
            if (end - begin > LARGE) {
                remove(begin, end);
                return true;
            }
            end = begin - 1;
        }
        return false;
    }

    private int beginOfMember(int end) {
        int at = end;
        while (at > 0 && bytes[at - 1] != ',') {
            at--;
        }
        return at;
    }

    /** Removes a member and one adjacent comma. */
    private void remove(int begin, int end) {
        final int from = end < length ? begin : Math.max(0, begin - 1);
        final int behind = Math.min(length, end + 1);
        System.arraycopy(bytes, behind, bytes, from, length - behind);
        length -= behind - from;
        members--;
    }

    private static boolean isKey(byte[] key, byte[] in, int from, int to) {
        boolean same = to - from == key.length;
        for (int i = 0; same && i < key.length; i++) {
            same = in[from + i] == key[i];
        }
        return same;
    }

    private static int lettersOf(byte[] in, int from, int to) {
        int found = 0;
        for (int at = from; at < to; at++) {
            found |= in[at] == 'd' ? DEBUG : in[at] == 'f' ? FIREHOSE : 0;
        }
        return found;
    }

    /**
     * Adds flags to this tracer's member and moves it to the front; if there is no room, the last members are dropped.
     */
    public void addFlags(int more) {
        final int all = letters | more;
        if (all == letters) {
            return;
        }
        makeRoom();
        removeAll(OUR_KEY);
        final int used = OUR_KEY.length + 1 + Integer.bitCount(all);
        prepend(used);
        System.arraycopy(OUR_KEY, 0, bytes, 0, OUR_KEY.length);
        bytes[OUR_KEY.length] = '=';
        bytes[OUR_KEY.length + 1] = (byte) ((all & DEBUG) != 0 ? 'd' : 'f');
        bytes[used - 1] = (byte) ((all & FIREHOSE) != 0 ? 'f' : 'd');
        letters = all;
    }

    /** Makes room for a new first member of this length; if there is none, the last members are dropped. */
    private void prepend(int used) {
        while (length > 0 && (members >= MAX_MEMBERS || length + 1 + used > MAX_LENGTH)) {
            remove(beginOfMember(length), length);
        }
        final int shift = used + (length > 0 ? 1 : 0);
        System.arraycopy(bytes, 0, bytes, shift, length);
        if (length > 0) {
            bytes[used] = ',';
        }
        length += shift;
        members++;
    }

    private void removeAll(byte[] key) {
        int end = length;
        while (end > 0) {
            final int begin = beginOfMember(end);
            if (isKey(key, bytes, begin, endOfKey(begin))) {
                remove(begin, end);
            }
            end = begin - 1;
        }
    }

    private int endOfKey(int begin) {
        int equals = begin;
        while (bytes[equals] != '=') {
            equals++;
        }
        return equals;
    }

    // --- OpenTelemetry's member

    /** The explicit randomness of the trace, {@link #ABSENT} if it is that of its id. */
    public long randomness() {
        final int at = field(RANDOMNESS);
        return at < 0 ? ABSENT : Threshold.parseRandomness(bytes, at, endOfField(at, length));
    }

    /** The threshold by which the trace was sampled. */
    public long threshold() {
        final int at = field(THRESHOLD);
        return at < 0 ? ABSENT : Threshold.parse(bytes, at, endOfField(at, length));
    }

    /** The offset of the value of a field in OpenTelemetry's member; -1 if it is absent. */
    private int field(byte[] name) {
        final int member = member(OT_KEY);
        if (member < 0) {
            return -1;
        }
        int at = member + OT_KEY.length + 1;
        final int end = endOfMember(member);
        while (at < end) {
            final int behind = endOfField(at, end);
            if (behind - at > name.length
                    && bytes[at + name.length] == ':'
                    && isKey(name, bytes, at, at + name.length)) {
                return at + name.length + 1;
            }
            at = behind + 1;
        }
        return -1;
    }

    private int member(byte[] key) {
        int begin = 0;
        while (begin < length) {
            if (isKey(key, bytes, begin, endOfKey(begin))) {
                return begin;
            }
            begin = endOfMember(begin) + 1;
        }
        return -1;
    }

    private int endOfMember(int begin) {
        int at = begin;
        while (at < length && bytes[at] != ',') {
            at++;
        }
        return at;
    }

    private int endOfField(int begin, int end) {
        int at = begin;
        while (at < end && bytes[at] != ';' && bytes[at] != ',') {
            at++;
        }
        return at;
    }

    /**
     * Sets or removes the threshold by which the trace was sampled. Other fields of the member stay. The member moves
     * to the front; if there is no room, the last members are dropped.
     */
    public void threshold(long threshold) {
        makeRoom();
        if (scratch == null) {
            scratch = new byte[MAX_PART + MAX_THRESHOLD + OT_KEY.length + THRESHOLD.length + 4];
        }
        final int used = newMember(threshold);
        removeAll(OT_KEY);
        if (used == 0) {
            return;
        }
        prepend(used);
        System.arraycopy(scratch, 0, bytes, 0, used);
    }

    /** Composes the new member in the scratch; 0 if nothing is left of it. */
    private int newMember(long threshold) {
        final byte[] to = scratch;
        int used = 0;
        to[used++] = 'o';
        to[used++] = 't';
        to[used++] = '=';
        final int empty = used;
        if (threshold != ABSENT) {
            to[used++] = 't';
            to[used++] = 'h';
            to[used++] = ':';
            used = Threshold.write(threshold, to, used);
        }
        final int member = member(OT_KEY);
        if (member >= 0) {
            used = otherFields(member + OT_KEY.length + 1, endOfMember(member), used, used > empty);
        }
        return used == empty ? 0 : used;
    }

    private int otherFields(int from, int end, int at, boolean follows) {
        int used = at;
        boolean between = follows;
        for (int next = from; next < end; next = endOfField(next, end) + 1) {
            final int behind = endOfField(next, end);
            final boolean isThreshold =
                    behind - next > 2 && bytes[next + 2] == ':' && isKey(THRESHOLD, bytes, next, next + 2);
            if (behind > next && !isThreshold && used + 1 + behind - next <= OT_KEY.length + 1 + MAX_PART) {
                if (between) {
                    scratch[used++] = ';';
                }
                System.arraycopy(bytes, next, scratch, used, behind - next);
                used += behind - next;
                between = true;
            }
        }
        return used;
    }
}
