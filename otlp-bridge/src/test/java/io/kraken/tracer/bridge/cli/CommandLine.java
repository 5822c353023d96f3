package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The output and exit code of a command line that was run in this JVM. */
record CommandLine(int exit, String out, String err) {

    static CommandLine run(Object... arguments) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final int exit =
                KrakenTrace.run(Arrays.stream(arguments).map(Object::toString).toList(), printer(out), printer(err));
        return new CommandLine(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static PrintStream printer(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, false, StandardCharsets.UTF_8);
    }

    CommandLine assertExit(int expected) {
        assertEquals(expected, exit, () -> out + err);
        return this;
    }

    CommandLine assertSays(String text) {
        assertTrue(out.contains(text), () -> "not in it: " + text + "\n" + out + err);
        return this;
    }

    CommandLine assertComplains(String text) {
        assertTrue(err.contains(text), () -> "not in it: " + text + "\n" + err + out);
        return this;
    }

    CommandLine assertNoComplaint() {
        assertEquals("", err, out);
        return this;
    }
}
