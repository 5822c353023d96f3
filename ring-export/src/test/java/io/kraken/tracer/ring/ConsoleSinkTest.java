package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock("java.lang.System.out")
class ConsoleSinkTest extends BatchSinkContract {

    private final PrintStream before = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void catchOutput() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restoreOutput() {
        System.setOut(before);
    }

    @Override
    TracerConfig settings() {
        return Rig.settings();
    }

    @Override
    TracerConfig stuck() {
        return null;
    }

    @Override
    BatchSink open(RingExport.Environment environment) {
        return new ConsoleSink(environment);
    }

    @Override
    String where() {
        return "console";
    }

    private String output() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void printsTraceSoonAfterItsRoot() {
        try (Rig rig = Rig.of(ConsoleSink::new)) {
            rig.record(1).step(1);
            assertEquals("", output());
            rig.step(200);
            final String[] lines = output().split("\n");
            assertEquals(3, lines.length, output());
            assertTrue(lines[0].matches("trace [0-9a-f]{32}: 2 spans, .*"), lines[0]);
            assertTrue(lines[1].startsWith("rig.outer    |"), lines[1]);
            assertTrue(lines[1].contains("rig SERVER number=0 text=n\u00e4chste 0"), lines[1]);
            assertTrue(lines[2].startsWith("`- rig.inner |"), lines[2]);
            assertTrue(lines[2].contains("rig INTERNAL ERROR: wrong *tried"), lines[2]);
            assertEquals(2, rig.count(Counter.SHIPPED));
        }
    }

    @Test
    void printsTraceWithoutRootAfterTheMaximumWait() {
        try (Rig rig = Rig.of(ConsoleSink::new)) {
            final Span root = rig.tracer.start(Rig.OUTER, SpanKind.SERVER);
            rig.tracer.start(Rig.INNER).end();
            rig.step(1).step(1000);
            assertEquals("", output());
            rig.step(3000);
            assertTrue(output().contains("rig.inner"), output());
            root.end();
            rig.step(300).step(200);
            assertTrue(output().contains("rig.outer"), output());
        }
    }

    @Test
    void printsOldestTraceEarlyWhenTooManySpansAreHeld() {
        try (Rig rig = Rig.of(ConsoleSink::new)) {
            for (int i = 0; i < 30; i++) {
                rig.record(100).doWork();
            }
            assertEquals(4096, rig.sink().waiting());
            assertEquals(6000 - 4096, rig.count(Counter.SHIPPED));
        }
    }
}
