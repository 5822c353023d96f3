package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.ClassLayout;

/** Objects that every span touches: at most two cache lines of its own, and two of its thread. */
class ObjectLayoutTest {

    private static final int TWO_LINES = 128;

    private static void assertFits(Class<?> type) {
        final ClassLayout layout = ClassLayout.parseClass(type);
        assertTrue(layout.instanceSize() <= TWO_LINES, layout::toPrintable);
    }

    @Test
    void spanTakesTwoCacheLines() {
        assertFits(Span.class);
    }

    @Test
    void threadStateTakesTwoCacheLines() {
        assertFits(ThreadState.class);
    }
}
