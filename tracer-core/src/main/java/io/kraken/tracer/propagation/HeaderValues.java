package io.kraken.tracer.propagation;

import io.kraken.tracer.text.Hex;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The values of one header being read from a carrier, trimmed and joined by commas if there are several. A getter adds
 * them; a propagator then reads bytes. Characters that are not ASCII become a byte that is invalid in every header.
 * Bounded: longer values are truncated, and {@link #isCut} reports it. Reused; for one thread.
 */
public final class HeaderValues {

    /** More than any trace state or baggage that is accepted. */
    static final int MAX_LENGTH = 20 * 1024;

    private static final int FIRST_LENGTH = 256;
    private static final byte NOT_ASCII = (byte) 0xFF;

    private byte[] scratch = {};
    private byte[] bytes = scratch;
    private int from;
    private int to;
    private int count;
    private boolean cut;
    private boolean malformed;

    private String wanted;
    private final BiConsumer<String, String> named = this::addNamed;
    private final BiConsumer<String, String> prefixed = this::addPrefixed;
    private final BiConsumer<String, List<String>> allNamed = this::addAllNamed;
    private final BiConsumer<String, List<String>> allPrefixed = this::addAllPrefixed;

    HeaderValues() {}

    HeaderValues begin() {
        bytes = scratch;
        from = 0;
        to = 0;
        count = 0;
        cut = false;
        malformed = false;
        return this;
    }

    // --- for getters

    /** Null adds no value. */
    public void add(CharSequence value) {
        if (value == null) {
            return;
        }
        int end = value.length();
        int start = 0;
        while (start < end && isBlank(value.charAt(start))) {
            start++;
        }
        while (start < end && isBlank(value.charAt(end - 1))) {
            end--;
        }
        final int room = makeRoom(end - start);
        for (int i = 0; i < room; i++) {
            final char c = value.charAt(start + i);
            scratch[to + i] = c < 0x80 ? (byte) c : NOT_ASCII;
        }
        to += room;
        count++;
    }

    /** The bytes must not change until the extraction is done. */
    public void add(byte[] array, int offset, int length) {
        final int start = skipBlanks(array, offset, offset + length);
        final int end = dropBlanks(array, start, offset + length);
        if (count == 0) {
            bytes = array;
            from = start;
            cut = end - start > MAX_LENGTH;
            to = Math.min(end, start + MAX_LENGTH);
        } else {
            final int room = makeRoom(end - start);
            System.arraycopy(array, start, scratch, to, room);
            to += room;
        }
        count++;
    }

    /** Adds this many bytes from an absolute offset of the buffer. */
    public void add(ByteBuffer buffer, int offset, int length) {
        int start = offset;
        int end = offset + length;
        while (start < end && isBlank(buffer.get(start))) {
            start++;
        }
        while (start < end && isBlank(buffer.get(end - 1))) {
            end--;
        }
        final int room = makeRoom(end - start);
        buffer.get(start, scratch, to, room);
        to += room;
        count++;
    }

    /** For {@link HeaderGetter#getAll}: adds a header under the part of its name that follows the prefix. */
    public void add(CharSequence name, CharSequence value) {
        if (value != null && beginNamed(name)) {
            for (int i = 0; i < value.length() && !cut; i++) {
                appendEncoded(value.charAt(i));
            }
        }
    }

    public void add(CharSequence name, byte[] value, int offset, int length) {
        if (beginNamed(name)) {
            for (int i = 0; i < length && !cut; i++) {
                appendEncoded(value[offset + i] & 0xFF);
            }
        }
    }

    /** Begins a member of a baggage; false if the name is not a valid baggage key. */
    private boolean beginNamed(CharSequence name) {
        if (name == null || !Baggage.isKey(name)) {
            return false;
        }
        add(name);
        append((byte) '=');
        return true;
    }

    private void appendEncoded(int c) {
        if (c >= 0x80) {
            append(NOT_ASCII);
        } else if (Baggage.isOctet(c)) {
            append((byte) c);
        } else {
            append((byte) '%');
            append(Hex.upper(c >> 4));
            append(Hex.upper(c));
        }
    }

    private void append(byte b) {
        if (to == scratch.length) {
            grow(1);
        }
        if (to < scratch.length) {
            scratch[to++] = b;
        } else {
            cut = true;
        }
    }

    static boolean isBlank(int c) {
        return c == ' ' || c == '\t';
    }

    static int skipBlanks(byte[] in, int from, int to) {
        int at = from;
        while (at < to && isBlank(in[at])) {
            at++;
        }
        return at;
    }

    static int dropBlanks(byte[] in, int from, int to) {
        int at = to;
        while (at > from && isBlank(in[at - 1])) {
            at--;
        }
        return at;
    }

    /** Moves what is there into the scratch, appends a comma if needed, and returns how many bytes may follow. */
    private int makeRoom(int length) {
        if (bytes != scratch) {
            moveIntoScratch();
        }
        if (count > 0) {
            append((byte) ',');
        }
        if (length > scratch.length - to) {
            grow(length);
        }
        final int room = Math.min(length, scratch.length - to);
        cut |= room < length;
        return room;
    }

    private void moveIntoScratch() {
        final byte[] array = bytes;
        final int start = from;
        final int length = to - from;
        from = 0;
        to = 0;
        if (length > scratch.length) {
            grow(length);
        }
        System.arraycopy(array, start, scratch, 0, length);
        bytes = scratch;
        to = length;
    }

    private void grow(int length) {
        final long need = Math.max(FIRST_LENGTH, Math.max(to + (long) length, 2L * scratch.length));
        scratch = Arrays.copyOf(scratch, (int) Math.min(MAX_LENGTH, need));
        bytes = scratch;
    }

    // --- for maps, whose iteration takes a callback

    BiConsumer<String, String> named(String name) {
        wanted = name;
        return named;
    }

    BiConsumer<String, String> beginningWith(String prefix) {
        wanted = prefix;
        return prefixed;
    }

    BiConsumer<String, List<String>> allNamed(String name) {
        wanted = name;
        return allNamed;
    }

    BiConsumer<String, List<String>> allBeginningWith(String prefix) {
        wanted = prefix;
        return allPrefixed;
    }

    private void addNamed(String name, String value) {
        if (wanted.equalsIgnoreCase(name)) {
            add(value);
        }
    }

    private void addPrefixed(String name, String value) {
        if (isPrefixed(name)) {
            add(name.substring(wanted.length()), value);
        }
    }

    private void addAllNamed(String name, List<String> values) {
        if (values != null && wanted.equalsIgnoreCase(name)) {
            for (int i = 0; i < values.size(); i++) {
                add(values.get(i));
            }
        }
    }

    private void addAllPrefixed(String name, List<String> values) {
        if (values != null && isPrefixed(name)) {
            final String rest = name.substring(wanted.length());
            for (int i = 0; i < values.size(); i++) {
                add(rest, values.get(i));
            }
        }
    }

    private boolean isPrefixed(String name) {
        return name != null && name.regionMatches(true, 0, wanted, 0, wanted.length());
    }

    // --- for propagators

    /** The number of values. */
    int count() {
        return count;
    }

    /** Whether the values were truncated. */
    boolean isCut() {
        return cut;
    }

    int length() {
        return to - from;
    }

    byte[] bytes() {
        return bytes;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    /** The byte at this index; -1 beyond the end. */
    int at(int index) {
        return index < to - from ? bytes[from + index] : -1;
    }

    boolean is(String text) {
        boolean same = text.length() == length();
        for (int i = 0; same && i < text.length(); i++) {
            same = at(i) == text.charAt(i);
        }
        return same;
    }

    /** The index of the first such character from this index on, the length if there is none. */
    int find(char c, int start) {
        int i = start;
        while (i < length() && bytes[from + i] != c) {
            i++;
        }
        return i;
    }

    /**
     * The value of the digits between two indices, at most 16. {@link #isMalformed} tells whether a digit was missing
     * or invalid.
     */
    long hex(int start, int end) {
        if (start < 0 || end > to - from) {
            malformed = true;
            return 0;
        }
        final byte[] in = bytes;
        final int at = from + start;
        final int digits = end - start; // a constant where this is inlined
        long value = 0;
        int seen = 0;
        for (int i = 0; i < digits; i++) {
            final int digit = Hex.VALUES[in[at + i] & 0xFF];
            seen |= digit;
            value = value << 4 | digit;
        }
        malformed |= seen < 0;
        return value;
    }

    /** As {@link #hex}, for an id of 16 digits. */
    long id(int start) {
        if (start < 0 || start > to - from - Hex.ID_DIGITS) {
            malformed = true;
            return 0;
        }
        final long high = Hex.eight(bytes, from + start);
        final long low = Hex.eight(bytes, from + start + Long.BYTES);
        malformed |= (high | low) < 0;
        return high << Integer.SIZE | low;
    }

    /** Whether any digit read was missing or invalid. */
    boolean isMalformed() {
        return malformed;
    }

    /** Decodes percent-encoding in place. */
    void decode() {
        if (find('%', 0) == length()) {
            return;
        }
        if (bytes != scratch) {
            moveIntoScratch();
        }
        to = Baggage.decode(scratch, from, to, scratch, from);
    }
}
