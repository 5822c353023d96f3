package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Child;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The access kind chosen on this JDK, by flags; nothing else is printed. */
class MemoryAccessTest {

    private static final int FEATURE = Runtime.version().feature();
    private static final boolean FOREIGN = FEATURE >= 22;
    private static final boolean UNSAFE_WARNS = FEATURE >= 24;

    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";
    private static final String ALLOWED = "-Dsun.misc.unsafe.memory.access=allow";
    private static final String UNSAFE = "unsafe|sun.misc.Unsafe";
    private static final String SEGMENT = "segment|MemorySegment; native access is enabled";
    private static final String HINT =
            "--enable-native-access=ALL-UNNAMED allows direct memory access, which is cheaper";

    private static String chosen(String... flags) {
        final List<String> options = new ArrayList<>(List.of(flags));
        options.add("-ea");
        return Child.run(List.of(), options, "memory").stripTrailing();
    }

    private static String forced(String kind) {
        return "-Dkraken.tracer.memory=" + kind;
    }

    @Test
    void usesUnsafeWithoutFlagsUntilItPrintsAWarning() {
        assertEquals(UNSAFE_WARNS ? "buffer|ByteBuffer; " + HINT : UNSAFE, chosen());
        assertEquals(chosen(), chosen(forced("Auto")));
    }

    @Test
    void usesSegmentsWithNativeAccess() {
        assertEquals(UNSAFE_WARNS ? SEGMENT : UNSAFE, chosen(NATIVE));
        if (FOREIGN) {
            assertEquals(SEGMENT, chosen(NATIVE, forced("segment")));
        }
    }

    @Test
    void prefersUnsafeIfAllowed() {
        assertEquals(UNSAFE, chosen(ALLOWED));
        assertEquals(UNSAFE, chosen(ALLOWED, NATIVE));
        assertEquals(UNSAFE, chosen(ALLOWED, forced("unsafe")));
    }

    @Test
    void bufferCanBeForced() {
        assertEquals("buffer|ByteBuffer; set by kraken.tracer.memory", chosen(NATIVE, ALLOWED, forced("buffer")));
    }

    @Test
    void replacesUnavailableKindAndTellsTheReason() {
        final String refused = chosen() + "; kraken.tracer.memory is 'KIND', which was refused: ";
        assertEquals(
                refused.replace("KIND", "heap") + "valid kinds are auto, unsafe, segment and buffer",
                chosen(forced("heap")));
        assertEquals(
                refused.replace("KIND", "segment") + (FOREIGN ? HINT : "java.lang.foreign needs Java 22 or later"),
                chosen(forced("segment")));
        if (UNSAFE_WARNS) {
            final String described = chosen(forced("unsafe"));
            assertTrue(described.startsWith("buffer|ByteBuffer; "), described);
            assertTrue(described.endsWith("sun.misc.Unsafe needs " + ALLOWED + " from Java 24 on"), described);
        }
    }
}
