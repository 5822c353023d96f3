package io.kraken.tracer.propagation;

import io.kraken.tracer.text.Hex;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The members of a W3C {@code baggage} header in the form in which they are sent: key, '=', percent-encoded value,
 * metadata after ';', separated by commas. A malformed member, or one for which there is no room, is left out. Bounded.
 */
public final class Baggage {

    public static final int MAX_LENGTH = 8192;
    public static final int MAX_MEMBERS = 64;

    private static final int FIRST_LENGTH = 256;
    private static final byte TOKEN = 1;
    private static final byte OCTET = 2;
    private static final byte METADATA = 4;
    private static final byte[] CLASSES = new byte[256];

    static {
        for (int c = '!'; c < 0x7F; c++) {
            final boolean token = Character.isLetterOrDigit(c) || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
            final boolean octet = "\",;\\".indexOf(c) < 0;
            CLASSES[c] = (byte) ((token ? TOKEN : 0) | (octet ? OCTET | METADATA : 0));
        }
        CLASSES[';'] = METADATA;
        CLASSES[' '] = METADATA;
        CLASSES['\t'] = METADATA;
    }

    private byte[] bytes = {};
    private int length;
    private int members;

    static boolean isOctet(int c) {
        return (CLASSES[c & 0xFF] & OCTET) != 0;
    }

    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return length;
    }

    public void clear() {
        length = 0;
        members = 0;
    }

    public void copy(Baggage other) {
        length = 0;
        if (makeRoom(other.length)) {
            System.arraycopy(other.bytes, 0, bytes, 0, other.length);
        }
        length = other.length;
        members = other.members;
    }

    private boolean makeRoom(int more) {
        final int need = length + more;
        if (need > bytes.length && need <= MAX_LENGTH) {
            final int larger = Math.max(need, Math.max(FIRST_LENGTH, 2 * bytes.length));
            bytes = Arrays.copyOf(bytes, Math.min(MAX_LENGTH, larger));
        }
        return need <= bytes.length;
    }

    /**
     * Adds the members of the headers, except keys that are already present: a caller that uses two formats sends its
     * baggage twice. False if there was no room for some.
     */
    public boolean read(HeaderValues values) {
        final int known = length;
        final byte[] in = values.bytes();
        final int to = values.to();
        boolean whole = !values.isCut();
        for (int at = values.from(); at < to; at++) {
            int end = at;
            while (end < to && in[end] != ',') {
                end++;
            }
            if (end < to || !values.isCut()) { // the last member of a truncated header is incomplete
                whole &= add(in, HeaderValues.skipBlanks(in, at, end), end, known);
            }
            at = end;
        }
        return whole;
    }

    /** False if there is no room for the member. */
    private boolean add(byte[] in, int from, int to, int known) {
        final int keyEnd = endOf(in, from, to, TOKEN);
        final int equals = HeaderValues.skipBlanks(in, keyEnd, to);
        if (keyEnd == from || equals == to || in[equals] != '=') {
            return true;
        }
        final int value = HeaderValues.skipBlanks(in, equals + 1, to);
        final int valueEnd = endOf(in, value, to, OCTET);
        final int metadata = HeaderValues.skipBlanks(in, valueEnd, to);
        final int end = HeaderValues.dropBlanks(in, metadata, to);
        if (metadata < end && in[metadata] != ';' || endOf(in, metadata, end, METADATA) < end) {
            return true;
        }
        if (isKnown(in, from, keyEnd, known)) {
            return true;
        }
        if (members == MAX_MEMBERS || !makeRoom(comma() + keyEnd - from + 1 + valueEnd - value + end - metadata)) {
            return false;
        }
        beginMember();
        append(in, from, keyEnd);
        bytes[length++] = '=';
        append(in, value, valueEnd);
        append(in, metadata, end);
        return true;
    }

    private boolean isKnown(byte[] in, int from, int to, int known) {
        for (int at = 0; at < known; at = endOfMember(at) + 1) {
            final int equals = at + to - from;
            if (equals < known && bytes[equals] == '=' && Arrays.equals(in, from, to, bytes, at, equals)) {
                return true;
            }
        }
        return false;
    }

    private int comma() {
        return length > 0 ? 1 : 0;
    }

    private void beginMember() {
        if (length > 0) {
            bytes[length++] = ',';
        }
        members++;
    }

    private void append(byte[] in, int from, int to) {
        System.arraycopy(in, from, bytes, length, to - from);
        length += to - from;
    }

    private static int endOf(byte[] in, int from, int to, byte ofClass) {
        int at = from;
        while (at < to && (CLASSES[in[at] & 0xFF] & ofClass) != 0) {
            at++;
        }
        return at;
    }

    // --- access by the program

    /** The value of a key, the last one if there are several; null if the key is absent. */
    public String get(String key) {
        String found = null;
        for (int at = find(key, 0); at >= 0; at = find(key, endOfMember(at))) {
            final int equals = at + key.length();
            final byte[] value = new byte[endOfValue(equals) - equals - 1];
            final int decoded = decode(bytes, equals + 1, endOfValue(equals), value, 0);
            found = new String(value, 0, decoded, StandardCharsets.UTF_8);
        }
        return found;
    }

    /** The offset of the '=' of a key, of the last one if there are several; -1 if the key is absent. */
    public int equalsOf(String key) {
        int found = -1;
        for (int at = find(key, 0); at >= 0; at = find(key, endOfMember(at))) {
            found = at + key.length();
        }
        return found;
    }

    /** Length in bytes of the decoded value that follows an '='. */
    public int decodedLength(int equals) {
        final int end = endOfValue(equals);
        int decoded = 0;
        for (int at = equals + 1; at < end; at += isEncoded(bytes, at, end) ? 3 : 1) {
            decoded++;
        }
        return decoded;
    }

    public void decode(int equals, ByteBuffer out, int to) {
        final int end = endOfValue(equals);
        int put = to;
        for (int at = equals + 1; at < end; put++) {
            final boolean encoded = isEncoded(bytes, at, end);
            out.put(put, encoded ? octet(bytes, at) : bytes[at]);
            at += encoded ? 3 : 1;
        }
    }

    private boolean isKey(String key, int at) {
        boolean same = at + key.length() < length && bytes[at + key.length()] == '=';
        for (int i = 0; same && i < key.length(); i++) {
            same = bytes[at + i] == key.charAt(i);
        }
        return same;
    }

    int endOfMember(int from) {
        int at = from;
        while (at < length && bytes[at] != ',') {
            at++;
        }
        return at;
    }

    /** The offset behind the value of the member whose '=' is at this offset. */
    int endOfValue(int equals) {
        return endOf(bytes, equals + 1, length, OCTET);
    }

    int endOfKey(int from) {
        return endOf(bytes, from, length, TOKEN);
    }

    public static boolean isKey(CharSequence key) {
        boolean token = key.length() > 0 && key.length() <= MAX_LENGTH;
        for (int i = 0; token && i < key.length(); i++) {
            token = key.charAt(i) < 0x80 && (CLASSES[key.charAt(i)] & TOKEN) != 0;
        }
        return token;
    }

    /**
     * Keys separated by commas.
     *
     * @throws IllegalArgumentException if one of them is not a baggage key
     */
    public static List<String> parseKeys(String text) {
        final List<String> keys = new ArrayList<>();
        for (String key : text.split(",", -1)) {
            if (!isKey(key.strip())) {
                throw new IllegalArgumentException(key);
            }
            keys.add(key.strip());
        }
        return List.copyOf(keys);
    }

    /**
     * Sets the value of a key, which must be a token, or removes the key for null. False if there is no room; then
     * nothing is changed.
     */
    public boolean put(String key, String value) {
        final int begin = find(key, 0);
        if (value != null) {
            final int freed = begin < 0 ? 0 : endOfMember(begin) - begin + comma();
            final long added = comma() + key.length() + 1L + encodedLength(value);
            if (begin < 0 && members == MAX_MEMBERS || length - freed + added > MAX_LENGTH) {
                return false;
            }
        }
        for (int at = begin; at >= 0; at = find(key, at)) {
            remove(at, endOfMember(at));
        }
        if (value != null) {
            append(key, value);
        }
        return true;
    }

    private int find(String key, int from) {
        for (int at = from; at < length; at = endOfMember(at) + 1) {
            if (isKey(key, at)) {
                return at;
            }
        }
        return -1;
    }

    /** Removes a member and one adjacent comma. */
    private void remove(int begin, int end) {
        final int from = end < length ? begin : Math.max(0, begin - 1);
        final int behind = Math.min(length, end + 1);
        System.arraycopy(bytes, behind, bytes, from, length - behind);
        length -= behind - from;
        members--;
    }

    private void append(String key, String value) {
        makeRoom(comma() + key.length() + 1 + (int) encodedLength(value));
        beginMember();
        for (int i = 0; i < key.length(); i++) {
            bytes[length++] = (byte) key.charAt(i);
        }
        bytes[length++] = '=';
        for (int i = 0; i < value.length(); i += Character.charCount(value.codePointAt(i))) {
            encode(value.codePointAt(i));
        }
    }

    private static long encodedLength(String value) {
        long bytes = 0;
        for (int i = 0; i < value.length(); i++) {
            final char c = value.charAt(i);
            bytes += isPlain(c) ? 1 : c < 0x80 ? 3 : c < 0x800 ? 6 : Character.isSurrogate(c) ? 6 : 9;
        }
        return bytes;
    }

    private static boolean isPlain(int point) {
        return point < 0x80 && point != '%' && isOctet(point);
    }

    private void encode(int point) {
        if (isPlain(point)) {
            bytes[length++] = (byte) point;
        } else if (point < 0x80) {
            percent(point);
        } else if (point < 0x800) {
            percent(0xC0 | point >> 6);
            percent(0x80 | point & 0x3F);
        } else if (point < 0x1_0000 && Character.isSurrogate((char) point)) {
            percent('?');
        } else if (point < 0x1_0000) {
            percent(0xE0 | point >> 12);
            percent(0x80 | point >> 6 & 0x3F);
            percent(0x80 | point & 0x3F);
        } else {
            percent(0xF0 | point >> 18);
            percent(0x80 | point >> 12 & 0x3F);
            percent(0x80 | point >> 6 & 0x3F);
            percent(0x80 | point & 0x3F);
        }
    }

    private void percent(int octet) {
        bytes[length++] = '%';
        bytes[length++] = Hex.upper(octet >> 4);
        bytes[length++] = Hex.upper(octet);
    }

    /**
     * Decodes percent-encoding; incomplete or invalid sequences are copied unchanged. Returns the offset after the last
     * byte written.
     */
    static int decode(byte[] in, int from, int end, byte[] out, int to) {
        int put = to;
        for (int at = from; at < end; put++) {
            final boolean encoded = isEncoded(in, at, end);
            out[put] = encoded ? octet(in, at) : in[at];
            at += encoded ? 3 : 1;
        }
        return put;
    }

    private static boolean isEncoded(byte[] in, int at, int end) {
        return in[at] == '%'
                && end - at > 2
                && Character.digit(in[at + 1], 16) >= 0
                && Character.digit(in[at + 2], 16) >= 0;
    }

    private static byte octet(byte[] in, int at) {
        return (byte) (Character.digit(in[at + 1], 16) << 4 | Character.digit(in[at + 2], 16));
    }
}
