package io.kraken.tracer.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Child;
import io.kraken.tracer.file.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Strings read in place, on this JDK as it was started and in one with the package opened. */
public class StringBytesTest {

    private static final int LONGEST = 200;
    private static final byte GUARD = 0x5A;
    private static final String OPENED = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    @Test
    void writesAsciiOfAnyLengthOnly() {
        check();
    }

    @Test
    void readsStringsInPlaceIfThePackageIsOpen() {
        assertEquals("read in place", Child.run(List.of(), List.of("-ea", OPENED), "strings"));
    }

    @Test
    void withoutFlagPrintsNothingAndDescribesTheFlag() {
        final String output = Child.run(List.of(), List.of("-ea"), "strings");
        assertEquals(Runtime.version().feature() < 24 ? "read in place" : StringBytes.describe(), output);
        assertTrue(StringBytes.isAvailable() || output.contains("--add-opens java.base/java.lang=ALL-UNNAMED"));
    }

    /** Without JUnit, which is not on the class path of the other process. */
    public static void check() {
        for (int length = 0; length <= LONGEST; length++) {
            final StringBuilder text = new StringBuilder();
            for (int i = 0; i < length; i++) {
                text.append((char) ((i * 31 + length) % 0x80));
            }
            check(text.toString(), true);
            for (int at = 0; at < length; at++) {
                for (char other : new char[] {0x80, 0xE9, 0xFF, 0x100, 0x4141, 0xD83D}) {
                    final char was = text.charAt(at);
                    text.setCharAt(at, other);
                    check(text.toString(), false);
                    text.setCharAt(at, was);
                }
            }
        }
    }

    private static void check(String text, boolean ascii) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(LONGEST + 16).order(ByteOrder.LITTLE_ENDIAN);
        final Memory memory = Memory.of(buffer);
        final int at = 3;
        for (int i = 0; i < buffer.capacity(); i++) {
            buffer.put(i, GUARD);
        }
        same(ascii && StringBytes.isAvailable(), StringBytes.isAscii(text), text);
        same(ascii && StringBytes.isAvailable(), StringBytes.putAscii(memory, memory.address(at), text), text);
        final byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < buffer.capacity(); i++) {
            final boolean inside = i >= at && i < at + text.length();
            if (!inside) {
                same(GUARD, buffer.get(i), text);
            } else if (ascii && StringBytes.isAvailable()) {
                same(bytes[i - at], buffer.get(i), text);
            }
        }
    }

    private static void same(Object expected, Object found, String text) {
        if (!expected.equals(found)) {
            throw new AssertionError(found + " instead of " + expected + ": " + text);
        }
    }
}
